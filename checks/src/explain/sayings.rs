//! The texts that are known, by who they are about. The order matters: the first that fits is taken.

use super::{Next, Saying};

pub const ALL: &[&[Saying]] = &[
    ENCRYPTION,
    RECORDS,
    SHELL,
    AGENT,
    TARGET,
    CALLER,
    CREDENTIALS,
    MACHINE,
    SESSION,
    REST,
];

/// Setting up a session's encryption: client, agent and key.
const ENCRYPTION: &[Saying] = &[
    Saying {
        marks: &[
            &["error when decrypting data key", "accessdenied"],
            &["not authorized to perform: kms:decrypt"],
        ],
        title: "The task role may not decrypt the session's data key",
        meaning: "The cluster has a KMS key for ECS Exec. The agent decrypts each session's data key with the task role's \
                  credentials, and lacks kms:Decrypt on the key.",
        checks: &["role.kms-decrypt"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["calling kms generatedatakey", "accessdenied"],
            &["not authorized to perform: kms:generatedatakey"],
        ],
        title: "The caller may not make a data key for the session",
        meaning: "The cluster has a KMS key for ECS Exec. The client makes each session's data key with the caller's \
                  credentials, and lacks kms:GenerateDataKey on the key.",
        checks: &["caller.kms-generate-data-key"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["disabledexception"],
            &["kmsinvalidstateexception"],
            &["is pending deletion"],
            &["invalidkeyusageexception"],
            &["key 'arn:", "does not exist"],
            &["alias arn:", "is not found"],
            &["invalid keyid"],
        ],
        title: "The cluster's KMS key cannot be used",
        meaning: "The key of the exec configuration is disabled, about to be deleted, gone, in another region, or of a kind \
                  that makes no data keys. No session can start.",
        checks: &["cluster.kms-key-usable"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["error when decrypting data key", "invalidciphertext"],
            &["invalid encryptioncontext"],
        ],
        title: "Client and agent do not agree on the session's encryption",
        meaning: "The data key is bound to the session's target. Client and agent name it differently: the container's name \
                  was wrong, so that no runtime was found, or a tool of your own builds the target.",
        checks: &["container.exists", "local.plugin-version"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["kmsencryption failed", "nocredentialproviders"],
            &["kmsencryption failed", "new aws sdk session"],
            &["kmsencryption failed", "unrecognizedclient"],
            &["generate data key", "nocredentialproviders"],
            &["generating data key", "nocredentialproviders"],
        ],
        title: "The plugin has no credentials for KMS",
        meaning: "The plugin looks for credentials itself. It does not find those that the AWS CLI has: they come from IAM \
                  Identity Center and the plugin is too old to know that, or they exist in a wrapper only.",
        checks: &["local.plugin-version", "caller.kms-generate-data-key"],
        next: Next::Do(
            "eval \"$(aws configure export-credentials --format env)\", then try again; update the plugin",
        ),
    },
    Saying {
        marks: &[&["does not support session manager encryption"]],
        title: "The AWS CLI is too old for encrypted sessions",
        meaning: "It starts the plugin without what encryption needs.",
        checks: &["local.aws-cli"],
        next: Next::Do("update the AWS CLI"),
    },
    Saying {
        marks: &[&["handshake timed out"], &["handshake", "timed out"]],
        title: "The session's handshake took too long",
        meaning: "The agent waited for the client to set up encryption. The client cannot reach KMS or has no credentials \
                  for it, or a proxy holds its connection to ssmmessages up. An old plugin is the rarer cause, though the \
                  text names it.",
        checks: &[
            "caller.kms-generate-data-key",
            "local.endpoint-reachable",
            "local.plugin-version",
            "network.logging-endpoints",
        ],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["fetching data key"],
            &["kmsencryption"],
            &["encryption challenge"],
            &["blockcipher"],
            &["initiating handshake"],
            &["kms", "i/o timeout"],
        ],
        title: "The session's encryption could not be set up",
        meaning: "The cluster has a KMS key: the caller needs kms:GenerateDataKey on it, the task role kms:Decrypt, and the \
                  agent a way to KMS.",
        checks: &[
            "role.kms-decrypt",
            "caller.kms-generate-data-key",
            "cluster.kms-key-usable",
            "network.logging-endpoints",
        ],
        next: Next::Doctor,
    },
];

/// What records sessions.
const RECORDS: &[Saying] = &[
    Saying {
        marks: &[
            &["encryption is not set up", "cloudwatch"],
            &["validate encryption on cloudwatch"],
        ],
        title: "The agent finds no encrypted log group",
        meaning: "The cluster demands an encrypted log group. Most often the task role may not call logs:DescribeLogGroups, \
                  so that the agent sees no group at all; else the group does not exist, or has no KMS key.",
        checks: &[
            "role.logs-write",
            "cluster.log-group",
            "cluster.log-encryption",
        ],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["encryption is not set up", "s3"],
            &["validate encryption on amazon s3"],
        ],
        title: "The agent finds no encrypted bucket",
        meaning: "The cluster demands an encrypted bucket. The task role may not call s3:GetEncryptionConfiguration, the \
                  bucket does not exist, or it is encrypted in a way that the agent does not know.",
        checks: &[
            "role.s3-write",
            "cluster.log-bucket",
            "cluster.log-encryption",
        ],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["log group specified in session preferences"],
            &["upload shell session logs"],
            &["uploading logs to s3"],
            &["error calling describeloggroups"],
            &["no logging of session data"],
        ],
        title: "The session is not recorded",
        meaning: "Sessions open all the same. The log group or bucket does not exist, the task role may not write to it, or \
                  the agent has no way to it.",
        checks: &[
            "role.logs-write",
            "role.s3-write",
            "cluster.log-group",
            "network.logging-endpoints",
        ],
        next: Next::Doctor,
    },
];

/// Starting the program that was asked for.
const SHELL: &[Saying] = &[
    Saying {
        marks: &[&["expecting closing quote"], &["commands cannot be empty"]],
        title: "The command cannot be read",
        meaning: "The agent splits the command like a shell does, and a quote is open or nothing is left.",
        checks: &[],
        next: Next::Do("put the whole command into single quotes: --command '/bin/sh -c \"…\"'"),
    },
    Saying {
        marks: &[&["c:/program"], &["program files/git"]],
        title: "Git Bash has turned the command into a Windows path",
        meaning: "MSYS rewrites arguments that look like paths before the AWS CLI sees them.",
        checks: &[],
        next: Next::Do("MSYS_NO_PATHCONV=1 aws ecs execute-command …"),
    },
    Saying {
        marks: &[
            &["fork/exec", "permission denied"],
            &["fork/exec", "exec format error"],
        ],
        title: "The program cannot be started",
        meaning: "It is in the image, but it is not executable, or made for another processor.",
        checks: &[],
        next: Next::Do("start the session with /bin/sh and look at the file"),
    },
    Saying {
        marks: &[
            &["executable file not found"],
            &["fork/exec", "no such file or directory"],
            &["stat /bin/", "no such file or directory"],
            &["exec:", "/bin/", "no such file or directory"],
            &["failed to start pty"],
            &["unable to start command"],
            &["hcs::system::createprocess"],
        ],
        title: "The image has no such shell",
        meaning: "The program that the session was to start is not in the image. Images made from Alpine have /bin/sh only, \
                  and some have no shell at all. The command is started without a shell: variables, && and pipes need \
                  /bin/sh -c '…'.",
        checks: &["container.shell"],
        next: Next::Do("start the session with /bin/sh instead of /bin/bash"),
    },
];

/// What the agent in the container prints, and what ECS says of it.
const AGENT: &[Saying] = &[
    Saying {
        marks: &[
            &["controlchannel", "accessdenied"],
            &["createdatachannel", "accessdenied"],
            &["setting up data channel", "accessdenied"],
            &["not authorized to perform: ssmmessages:"],
        ],
        title: "The task role may not use ssmmessages",
        meaning: "The agent's own call was refused: the task role lacks one of the four ssmmessages actions, or the \
                  endpoint's policy does not let it through.",
        checks: &[
            "role.ssmmessages",
            "network.endpoint-policy",
            "role.present",
        ],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["controlchannel", "dial tcp"],
            &["controlchannel", "i/o timeout"],
            &["controlchannel", "no such host"],
            &["control-channel", "dial tcp"],
            &["createdatachannel", "dial tcp"],
            &["lookup ssmmessages", "no such host"],
        ],
        title: "The agent cannot reach ssmmessages",
        meaning: "The task has no way to ssmmessages on port 443: no endpoint and no NAT, a security group or network ACL in \
                  between, or a name that does not resolve.",
        checks: &[
            "network.path",
            "network.endpoint-present",
            "network.endpoint-security-group",
            "network.task-egress",
            "network.vpc-dns",
            "container.proxy-env",
        ],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["no ec2 instance role found"],
            &["failed to sign the request"],
            &["find agent identity"],
            &["controlchannel", "unauthorized"],
            &["request is not authenticated"],
        ],
        title: "The agent has no credentials",
        meaning: "The task has no task role, ECS may not take it on, a proxy stands before 169.254.170.2, or AWS keys in the \
                  container's environment are taken instead.",
        checks: &[
            "role.present",
            "role.trust",
            "container.proxy-env",
            "container.aws-credentials-env",
        ],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["/var/lib/amazon", "read-only file system"],
            &["/var/log/amazon", "read-only file system"],
            &["read-only file system"],
            &["no space left on device"],
            &["/var/lib/amazon", "permission denied"],
        ],
        title: "The agent cannot write to the container",
        meaning: "It keeps its files below /var/lib/amazon and /var/log/amazon. The root file system is read-only, or full.",
        checks: &["container.read-only-root"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["cannotstartmanagedagenterror"],
            &["executecommandagent process exited"],
            &["executecommandagent initialization failed"],
            &["unable to start executecommandagent"],
            &["execcommandagent process stopped"],
        ],
        title: "The agent did not start, or stopped",
        meaning: "ECS could not start the agent in the container: the root file system is read-only, memory is short, the \
                  instance's ECS agent is too old, or the image lacks what it needs.",
        checks: &[
            "container.agent-running",
            "container.read-only-root",
            "container.resources",
            "task.agent-version",
        ],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["health channel", "address in use"], &["amazon/ssm/ipc"]],
        title: "Two agents share the container's files",
        meaning: "Containers that share a volume or a PID namespace get in each other's way: one exec agent is all that fits.",
        checks: &["task.pid-mode"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["document worker timed out"],
            &["plugin with name standard_stream not found"],
        ],
        title: "The agent in the container is broken",
        meaning: "It took the session and could not serve it. A new task gets a new agent.",
        checks: &["container.agent-running", "container.resources"],
        next: Next::Doctor,
    },
];

/// The task and container that were asked for.
const TARGET: &[Saying] = &[
    Saying {
        marks: &[
            &["execute command was not enabled"],
            &["execute command agent isn", "running"],
        ],
        title: "The task has no running exec agent",
        meaning: "Either the task was started before ECS Exec was enabled on its service, and keeps that for life, or \
                  its agent is not RUNNING. It does not mean that the plugin is missing.",
        checks: &[
            "task.exec-enabled",
            "service.exec-enabled",
            "container.agent-running",
            "container.read-only-root",
            "role.ssmmessages",
        ],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["targetnotconnected"],
            &["is not connected"],
            &["execute command failed due to an internal error"],
        ],
        title: "The agent in the container is not connected",
        meaning: "ECS took the call, but the agent has no channel to Systems Manager: its task role lacks an ssmmessages \
                  action, it cannot reach ssmmessages, it has crashed, or the task is only seconds old.",
        checks: &[
            "role.ssmmessages",
            "role.present",
            "network.path",
            "container.aws-credentials-env",
            "container.proxy-env",
            "container.read-only-root",
            "container.agent-running",
        ],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["valid taskrolearn is not being used"]],
        title: "The task definition has no task role",
        meaning: "ECS enables ECS Exec only on task definitions that name a task role. The execution role is another one.",
        checks: &["role.present"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["platformtaskdefinitionincompatibility"],
            &["platformunknownexception"],
            &["unsupportedfeatureexception"],
        ],
        title: "The Fargate platform does not know ECS Exec",
        meaning: "It needs platform 1.4.0 or later on Linux, 1.0.0 or later on Windows.",
        checks: &["task.platform-version", "task.operating-system"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["task length should be one of"]],
        title: "What was given as the task is no task ID",
        meaning: "ECS wants 32 or 36 characters. A service's name was given, or the answer of a command that found no task: \
                  None or null.",
        checks: &["service.running-tasks", "task.exists"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["maximum session limit"]],
        title: "Too many sessions are open in the container",
        meaning: "Each container takes a few at a time. One that hangs counts until it has been idle for 20 minutes.",
        checks: &[],
        next: Next::Do(
            "aws ssm describe-sessions --state Active, then aws ssm terminate-session --session-id ID",
        ),
    },
    Saying {
        marks: &[&["interactive is the only mode"]],
        title: "ECS Exec takes interactive sessions only",
        meaning: "interactive has to be true, for a single command too.",
        checks: &[],
        next: Next::Do("aws ecs execute-command --interactive …"),
    },
    Saying {
        marks: &[&["identifier is for", "your cluster is"]],
        title: "The task belongs to another cluster",
        meaning: "Its ARN names one cluster and the call another; without --cluster that is the one called default.",
        checks: &["cluster.exists", "task.exists"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["clusternotfound"], &["cluster not found"]],
        title: "There is no such cluster",
        meaning: "The name is misspelt, or the cluster lives in another region or account. Without --cluster the AWS CLI asks \
                  for one called default.",
        checks: &["cluster.exists", "local.region"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["servicenotfound"],
            &["servicenotactive"],
            &["service not found"],
        ],
        title: "There is no such service",
        meaning: "The name is misspelt, the service lives in another cluster, or it was deleted.",
        checks: &["service.exists"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["no running tasks found"], &["unable to place a task"]],
        title: "The service has no running task",
        meaning: "It is set to run none, its tasks do not stay up, or there is no room for them.",
        checks: &["service.running-tasks", "service.deployment-stable"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["task provided in the request was not found"],
            &["task was not found"],
            &["task not found"],
            &["task has been stopped"],
            &["taskstopped"],
            &["essential container in task exited"],
            &["failed container health checks"],
            &["spot task was interrupted"],
        ],
        title: "There is no such task any more",
        meaning: "The task stopped; ECS forgets it about an hour later.",
        checks: &["task.exists", "task.running", "service.running-tasks"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["outofmemoryerror"], &["killed due to memory usage"]],
        title: "The container was killed for lack of memory",
        meaning: "The exec agent and the shell count against the container's memory.",
        checks: &["container.resources", "container.running"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["container name", "multiple containers"],
            &["multiple containers"],
            &["container", "was not found"],
            &["container", "not found"],
            &["container", "is not running"],
        ],
        title: "The container cannot be entered",
        meaning: "It does not exist under this name, or it is not RUNNING, or the task has several and none was named.",
        checks: &["container.exists", "container.running"],
        next: Next::Doctor,
    },
];

/// What the caller may do.
const CALLER: &[Saying] = &[
    Saying {
        marks: &[
            &["ecs:executecommand", "explicit deny"],
            &["executecommand", "explicit deny"],
        ],
        title: "A policy denies the caller sessions outright",
        meaning: "No further permission outweighs a Deny. Often it holds only without MFA, or comes from the organization.",
        checks: &["caller.execute-command"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["executecommand", "service control policy"],
            &["executecommand", "permissions boundary"],
            &["executecommand", "session policy"],
            &["executecommand", "vpc endpoint policy"],
        ],
        title: "Something above the caller's own policies does not allow sessions",
        meaning: "The text names it: the organization, the permissions boundary, the session or the VPC endpoint that the \
                  call went through has to allow ecs:ExecuteCommand too.",
        checks: &["caller.execute-command"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["not authorized to perform: ecs:executecommand"],
            &["accessdenied", "executecommand"],
        ],
        title: "The caller may not open sessions",
        meaning: "ecs:ExecuteCommand is authorised on the cluster and on the task. The text names the one that was \
                  refused; the policy has to allow both.",
        checks: &["caller.execute-command"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["accessdenied", "describetasks"],
            &["perform: ecs:describetasks"],
        ],
        title: "The caller may not describe tasks",
        meaning: "The session itself was granted; the client then looks the container's runtime up and may not.",
        checks: &["caller.describe-tasks"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["accessdenied", "startsession"],
            &["perform: ssm:startsession"],
        ],
        title: "The caller may not start sessions past ECS",
        meaning: "ECS Exec does not need ssm:StartSession, and it is well denied: use ecs execute-command. Port forwarding \
                  needs it.",
        checks: &["caller.start-session-restricted"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["perform: iam:passrole"]],
        title: "The caller may not hand out the task role",
        meaning: "Whoever registers a task definition with a role, or deploys it, needs iam:PassRole on that role.",
        checks: &[],
        next: Next::Do("ask whoever deploys the service to apply the change"),
    },
];

/// Who the caller is.
const CREDENTIALS: &[Saying] = &[
    Saying {
        marks: &[
            &["mfa", "one time pass code"],
            &["mfa token required"],
            &["multifactorauthentication failed"],
        ],
        title: "AWS wants another MFA code",
        meaning: "The code was wrong or used already; each counts once.",
        checks: &["local.credentials"],
        next: Next::Do("wait for the next code, then sign in again"),
    },
    Saying {
        marks: &[
            &["signature expired"],
            &["signature not yet current"],
            &["requesttimetooskewed"],
        ],
        title: "This machine's clock is wrong",
        meaning: "AWS refuses signatures that are more than five minutes off.",
        checks: &["local.clock-skew"],
        next: Next::DoctorLocal,
    },
    Saying {
        marks: &[
            &["signaturedoesnotmatch"],
            &["signature we calculated does not match"],
        ],
        title: "The secret key does not fit the access key",
        meaning: "One of the two was copied wrongly, or something on the way changes the request.",
        checks: &["local.credentials", "local.clock-skew"],
        next: Next::Do("set the credentials anew; then aws sts get-caller-identity"),
    },
    Saying {
        marks: &[
            &["expiredtoken"],
            &["token", "expired"],
            &["session has expired"],
            &["sso", "expired"],
            &["sso session", "invalid"],
            &["sso token", "does not exist"],
            &["loading sso token"],
        ],
        title: "The credentials have expired",
        meaning: "AWS no longer accepts the caller's credentials. Nothing is said about the task.",
        checks: &["local.credentials"],
        next: Next::Do("aws sso login, or whatever gives you credentials; then try again"),
    },
    Saying {
        marks: &[
            &["unable to locate credentials"],
            &["partial credentials"],
            &["no credentials"],
            &["unrecognizedclient"],
            &["invalidclienttokenid"],
            &["security token included in the request is invalid"],
            &["config profile", "could not be found"],
            &["retrieving credentials from"],
            &["getrolecredentials"],
            &["calling the assumerole operation"],
        ],
        title: "There are no valid credentials",
        meaning: "The caller has none, they are incomplete, AWS does not know them, or the profile does not exist.",
        checks: &["local.credentials"],
        next: Next::Do(
            "aws sts get-caller-identity, until it answers; aws configure list shows where they come from",
        ),
    },
    Saying {
        marks: &[&["must specify a region"], &["no region"], &["region_name"]],
        title: "No region is set",
        meaning: "Without one nobody knows which AWS to ask.",
        checks: &["local.region"],
        next: Next::DoctorLocal,
    },
];

/// The machine that the session starts from.
const MACHINE: &[Saying] = &[
    Saying {
        marks: &[
            &["sessionmanagerplugin is not found"],
            &["session-manager-plugin", "not found"],
            &["session-manager-plugin", "no such file"],
        ],
        title: "The Session Manager plugin is not installed",
        meaning: "The AWS CLI hands the session to a program of its own, which is not on PATH. It belongs on this machine, \
                  not into the container.",
        checks: &["local.plugin-installed"],
        next: Next::DoctorLocal,
    },
    Saying {
        marks: &[
            &["session-manager-plugin", "bad cpu type"],
            &["session-manager-plugin", "exec format"],
            &["session-manager-plugin", "cannot be opened"],
            &["session-manager-plugin", "non-zero exit status"],
            &["session-manager-plugin", "died with"],
        ],
        title: "The Session Manager plugin does not run",
        meaning: "It is made for another processor, is blocked by the system, or was ended from outside, as when a pipe that \
                  it writes to is closed.",
        checks: &["local.plugin-installed", "local.plugin-version"],
        next: Next::DoctorLocal,
    },
    Saying {
        marks: &[
            &["latest version of the session manager plugin"],
            &["upgrade", "plugin"],
            &["update", "plugin"],
            &["plugin", "version", "support"],
        ],
        title: "The Session Manager plugin is too old",
        meaning: "Systems Manager drops old plugins, and old ones lack encryption of ECS sessions.",
        checks: &["local.plugin-version"],
        next: Next::DoctorLocal,
    },
    Saying {
        marks: &[
            &["invalid choice", "execute-command"],
            &["unknown options", "execute-command"],
            &["unknown parameter", "enableexecutecommand"],
        ],
        title: "The AWS CLI is too old",
        meaning: "ECS Exec came in March 2021: AWS CLI 1.19.28 and 2.1.30.",
        checks: &["local.aws-cli"],
        next: Next::Do("update the AWS CLI; which -a aws shows whether an old one comes first"),
    },
    Saying {
        marks: &[
            &["cannot perform start session: eof"],
            &["/dev/stdin"],
            &["start session", "eof"],
        ],
        title: "The session had no terminal to read from",
        meaning: "Standard input was closed or is no terminal, as in CI, under cron, or in ssh without -t. The command may \
                  have run all the same.",
        checks: &[],
        next: Next::Do("give it a terminal: script -qec 'aws ecs execute-command …' /dev/null"),
    },
    Saying {
        marks: &[
            &["certificate_verify_failed"],
            &["ssl validation failed"],
            &["certificate signed by unknown authority"],
            &["unable to get local issuer certificate"],
        ],
        title: "A certificate on the way to AWS is not trusted",
        meaning: "Something reads the traffic and shows a certificate of its own, as company proxies do.",
        checks: &["local.endpoint-reachable"],
        next: Next::Do(
            "export AWS_CA_BUNDLE=/path/to/the/company's/certificates.pem, then try again",
        ),
    },
    Saying {
        marks: &[
            &["connect to proxy"],
            &["proxyerror"],
            &["websocket: bad handshake"],
        ],
        title: "A proxy does not let the session through",
        meaning: "The client's end of a session is a WebSocket to ssmmessages; a proxy has to pass it on, or be left out.",
        checks: &["local.endpoint-reachable"],
        next: Next::Do(
            "export NO_PROXY=$NO_PROXY,ssmmessages.REGION.amazonaws.com, or let the proxy pass WebSockets on",
        ),
    },
    Saying {
        marks: &[
            &["could not connect to the endpoint"],
            &["connect timeout on endpoint"],
            &["read timeout on endpoint"],
            &["connection was closed before"],
            &["connection refused"],
            &["name or service not known"],
            &["dial tcp"],
            &["i/o timeout"],
            &["no such host"],
        ],
        title: "A connection could not be made",
        meaning: "On this machine: AWS cannot be reached, or the region is misspelt. In the agent's log: the task has no way \
                  to ssmmessages.",
        checks: &["local.endpoint-reachable", "local.region", "network.path"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["throttl"],
            &["rate exceeded"],
            &["too many requests"],
            &["toomanyrequests"],
        ],
        title: "AWS is being asked too often",
        meaning: "The account's rate of calls is used up, by whoever it may be. Nothing is said about the task.",
        checks: &[],
        next: Next::Do("wait a minute, then try again"),
    },
];

/// A session that was opened.
const SESSION: &[Saying] = &[
    Saying {
        marks: &[
            &["due to inactivity"],
            &["idle", "timeout"],
            &["idle", "timed out"],
        ],
        title: "The session was idle for too long",
        meaning: "Sessions that are idle for 20 minutes are closed, which cannot be changed for ECS Exec.",
        checks: &[],
        next: Next::Do("open it again; a program that prints now and then keeps it open"),
    },
    Saying {
        marks: &[
            &["session:", "timed out"],
            &["resume session failed"],
            &["session is already terminated"],
        ],
        title: "The connection was lost, and the session with it",
        meaning: "The network went away for too long, or the task was replaced under the session.",
        checks: &["task.running", "service.deployment-stable"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["exiting session"], &["session", "terminated"]],
        title: "The session ended",
        meaning: "A session that ends at once has found no such shell in the image, or its logging or encryption could not \
                  start; one that ends after 20 minutes was idle.",
        checks: &[
            "container.shell",
            "container.running",
            "cluster.log-encryption",
            "role.logs-write",
            "role.kms-decrypt",
        ],
        next: Next::Do("start the session with /bin/sh instead of /bin/bash"),
    },
    Saying {
        marks: &[
            &["cannot set terminal process group"],
            &["no job control in this shell"],
        ],
        title: "The shell has no terminal of its own",
        meaning: "It works, but Ctrl-Z and background jobs do not. It is no failure.",
        checks: &[],
        next: Next::Do("go on"),
    },
];

/// What fits nothing above.
const REST: &[Saying] = &[
    Saying {
        marks: &[
            &["serverexception"],
            &["service unavailable"],
            &["internalfailure"],
        ],
        title: "AWS itself has a fault",
        meaning: "Most such faults pass by themselves.",
        checks: &[],
        next: Next::Do("try again in a minute; https://health.aws.amazon.com tells of larger ones"),
    },
    Saying {
        marks: &[
            &["accessdenied"],
            &["not authorized"],
            &["unauthorizedoperation"],
        ],
        title: "A call was refused",
        meaning: "The principal that the text names lacks the action that it names.",
        checks: &["caller.execute-command", "role.ssmmessages"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["invalidparameterexception"]],
        title: "ECS does not accept the call as it is",
        meaning: "Most often the task has no running exec agent; else a name or a parameter is wrong.",
        checks: &[
            "task.exec-enabled",
            "container.agent-running",
            "container.exists",
        ],
        next: Next::Doctor,
    },
];
