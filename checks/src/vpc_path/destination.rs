use model::facts::Endpoint;

/// Where the agent's packets go.
#[derive(Clone, PartialEq)]
pub enum Destination<'a> {
    /// To this endpoint. With private DNS an endpoint answers to the service's name in the whole VPC.
    Endpoint(&'a Endpoint),
    /// To the public address of the service.
    Internet,
}

impl Destination<'_> {
    /// A noun phrase.
    pub fn describe(&self) -> String {
        match self {
            Destination::Endpoint(endpoint) => format!("the endpoint {}", endpoint.id),
            Destination::Internet => "the internet".to_owned(),
        }
    }
}
