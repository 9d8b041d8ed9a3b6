//! `Fn::Cidr`: the blocks that an address block is split into.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-cidr.html>

use ipnet::IpNet;

use crate::node::Node;

/// CloudFormation makes no more.
const MOST: usize = 256;

/// `arguments`: the block, how many blocks it is split into, and how many bits of each address are left for hosts.
pub fn cidr_blocks(arguments: &[Node; 3]) -> Node {
    if let Some(why) = arguments.iter().find_map(Node::unknown) {
        return Node::Unknown(why.to_owned());
    }
    let texts = arguments.each_ref().map(Node::as_text);
    let [Some(block), Some(count), Some(bits)] = texts else {
        return Node::Unknown("Fn::Cidr of what the deployment creates".to_owned());
    };
    match split(&block, &count, &bits) {
        Some(blocks) => Node::List(blocks.into_iter().map(Node::text).collect()),
        None => Node::Unknown("an invalid Fn::Cidr".to_owned()),
    }
}

fn split(block: &str, count: &str, bits: &str) -> Option<Vec<String>> {
    let (count, bits): (usize, u8) = (count.parse().ok()?, bits.parse().ok()?);
    let blocks: Vec<String> = match block.parse().ok()? {
        IpNet::V4(block) => {
            let length = block.max_prefix_len().checked_sub(bits)?;
            let blocks = block.trunc().subnets(length).ok()?;
            blocks.take(count).map(|one| one.to_string()).collect()
        }
        IpNet::V6(block) => {
            let length = block.max_prefix_len().checked_sub(bits)?;
            let blocks = block.trunc().subnets(length).ok()?;
            blocks.take(count).map(|one| one.to_string()).collect()
        }
    };
    (blocks.len() == count && (1..=MOST).contains(&count)).then_some(blocks)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_block_is_split_from_its_start() {
        let blocks = |block, count, bits| split(block, count, bits).map(|blocks| blocks.join(" "));
        assert_eq!(
            blocks("10.0.0.0/16", "3", "8").as_deref(),
            Some("10.0.0.0/24 10.0.1.0/24 10.0.2.0/24")
        );
        assert_eq!(
            blocks("fd00::/56", "2", "64").as_deref(),
            Some("fd00::/64 fd00:0:0:1::/64")
        );
        assert_eq!(blocks("10.0.0.0/24", "2", "8"), None, "one fits");
        for (block, count, bits) in [
            ("10.0.0.0/16", "0", "8"),
            ("10.0.0.0/16", "257", "4"),
            ("10.0.0.0/16", "1", "33"),
            ("10.0.0.0/16", "1", "20"),
            ("ten", "1", "8"),
        ] {
            assert_eq!(blocks(block, count, bits), None, "{block} {count} {bits}");
        }
    }
}
