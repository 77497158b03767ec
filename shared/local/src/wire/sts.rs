//! STS: who am I.

use super::{
    Call,
    fault::Fault,
    query::{Form, Written},
};

pub(super) fn operate(call: &Call<'_>, operation: &str, _form: &Form) -> Result<Written, Fault> {
    match operation {
        "GetCallerIdentity" => {
            let account = call.account.place().account.clone();
            let arn = format!("arn:aws:iam::{account}:user/stand-in");
            let id = call.caller.access_key.clone().unwrap_or_else(|| "anonymous".to_owned());
            Ok(Box::new(move |xml| {
                xml.text("Arn", arn);
                xml.text("UserId", id);
                xml.text("Account", account);
            }))
        }
        other => Err(Fault::unknown(other)),
    }
}
