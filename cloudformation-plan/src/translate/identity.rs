//! Which attributes of a resource are known because it exists, and which stay known of one that may not exist.

/// The attributes that identify a resource that exists.
pub fn identity(
    terraform_type: &str,
    physical_id: &str,
) -> serde_json::Map<String, serde_json::Value> {
    let mut fields = serde_json::Map::new();
    let mut set = |name: &str| {
        fields.insert(name.to_owned(), physical_id.into());
    };
    set("id");
    match terraform_type {
        "aws_kms_key" => set("key_id"),
        "aws_iam_role" | "aws_ecs_cluster" | "aws_cloudwatch_log_group" => set("name"),
        "aws_s3_bucket" => set("bucket"),
        _ => {}
    }
    if physical_id.starts_with("arn:") {
        set("arn");
    }
    fields
}

/// The attributes with names that CloudFormation generates.
pub fn generated_names(terraform_type: &str) -> &'static [&'static str] {
    match terraform_type {
        "aws_iam_role" | "aws_iam_policy" | "aws_cloudwatch_log_group" => &["name"],
        "aws_s3_bucket" => &["bucket"],
        _ => &[],
    }
}

/// What stays known of a resource that may not exist: what it belongs to. The rest may have no effect.
pub fn kept_if_conditional(terraform_type: &str) -> &'static [&'static str] {
    match terraform_type {
        "aws_route" => &["route_table_id", "region"],
        "aws_vpc_security_group_ingress_rule" | "aws_vpc_security_group_egress_rule" => {
            &["security_group_id", "region"]
        }
        "aws_vpc_endpoint" => &["vpc_id", "service_name", "vpc_endpoint_type", "region"],
        "aws_iam_role_policy" => &["role", "name"],
        "aws_iam_policy_attachment" => &["roles", "name"],
        "aws_network_acl_rule" => &["network_acl_id", "region"],
        "aws_route_table_association" | "aws_network_acl_association" => &["region"],
        "aws_vpc_dhcp_options_association" => &["vpc_id", "region"],
        "aws_s3_bucket_server_side_encryption_configuration" => &["bucket"],
        _ => ALL,
    }
}

/// Stands for every attribute.
pub const ALL: &[&str] = &["*"];
