//! An endpoint to test with.

use spark_execute_core::config::{AuthType, Endpoint, Form};

pub fn endpoint(auth: AuthType) -> Endpoint {
    Endpoint {
        url: "https://excel.uat.us.coherent.global".into(),
        tenant: "my tenant".into(),
        auth,
        credential_is_function: false,
        own_fetch: false,
        form: Form::Auto,
        retries: 2,
        retry_delay_ms: 500.0,
        compress_above: None,
    }
}
