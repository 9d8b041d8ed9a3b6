//! AWS pages that several checks refer to.

/// Prerequisites and limits of ECS Exec.
pub const ECS_EXEC: &str =
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html";
/// Logging, encryption and who may open sessions.
pub const BEST_PRACTICES: &str =
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec-best-practices.html";
/// AWS's own list of what goes wrong.
pub const TROUBLESHOOTING: &str =
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec-troubleshooting.html";
/// The endpoints that ECS needs in a VPC.
pub const VPC_ENDPOINTS: &str =
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html";
/// What a task role is for, and whom it trusts.
pub const TASK_ROLES: &str =
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html";
/// Where the cluster records sessions.
pub const LOG_CONFIGURATION: &str = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ExecuteCommandLogConfiguration.html";
