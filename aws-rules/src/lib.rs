//! What AWS decides, as pure functions: IAM policies ([`iam`]), the network of a VPC ([`vpc`]), and the permissions
//! that ECS Exec needs ([`needs`], [`policy_document`]).

#![forbid(unsafe_code)]

pub mod iam;
pub mod memo;
pub mod needs;
pub mod policy_document;
pub mod vpc;
