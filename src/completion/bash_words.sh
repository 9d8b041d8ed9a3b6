    # bash splits --format=json at the `=`, and web:/etc at the `:`.
    local words=() prefix="" glue="" at word last
    for ((at = 0; at <= COMP_CWORD; at++)); do
        word="${COMP_WORDS[at]}"
        if [[ $at == "$COMP_CWORD" && "$word" != [=:] && "${BASH_VERSINFO[0]}" -ge 4 ]]; then
            word="$2"
        fi
        last=$((${#words[@]} - 1))
        if [[ $last -ge 1 && -n "$glue" ]] || [[ $last -ge 1 && "$word" == ":" ]] ||
            [[ $last -ge 1 && "$word" == "=" && "${words[last]}" == --* ]]; then
            words[last]="${words[last]}$word"
            glue=""
            if [[ "$word" == [=:] ]]; then
                glue=1 prefix="${words[last]}"
            fi
        else
            words+=("$word")
            glue="" prefix=""
        fi
    done
    _CLAP_COMPLETE_INDEX=$((${#words[@]} - 1))
