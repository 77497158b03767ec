use crate::Aws;
use local::iam::Context;
use local::s3::{Code, Condition, List, Refused};
use ports::{
    Address, Etag, ListObjects, Listed, ObjectPage, Piece, PutFailed, PutWhen, ReadFailed,
    ReadObjects, RemoveObjects, Trouble, WriteObjects,
};

fn trouble(refused: Refused) -> Trouble {
    match refused.code {
        Code::ConditionalRequestConflict
        | Code::SlowDown
        | Code::InternalError
        | Code::ReplyLost => Trouble::passing(refused),
        _ => Trouble::lasting(refused),
    }
}

impl ListObjects for Aws {
    async fn list(&self, prefix: &Address, after: Option<&str>) -> Result<ObjectPage, Trouble> {
        let context = Context::none().with("s3:prefix", prefix.key.as_str());
        self.may("s3:ListBucket", &self.bucket_arn(&prefix.bucket), &context)?;
        let list =
            List { start_after: after.map(str::to_owned), ..List::under(prefix.key.clone()) };
        let page =
            self.call(|aws, now| aws.s3.list(now, &prefix.bucket, &list)).map_err(trouble)?;
        let more = page.next_token.is_some();
        let objects = page.entries.into_iter();
        let objects = objects.map(|it| Listed {
            key: it.key,
            size: it.size,
            etag: Etag(it.etag),
            modified: it.last_modified.as_second(),
        });
        Ok(ObjectPage { objects: objects.collect(), more })
    }
}

impl ReadObjects for Aws {
    async fn read(&self, at: &Address, from: u64, len: u64) -> Result<Piece, ReadFailed> {
        let may = |action, resource: &str| {
            self.may(action, resource, &Context::none()).map_err(ReadFailed::Other)
        };
        may("s3:GetObject", &self.object_arn(at))?;
        let failed = |refused: Refused| match refused.code {
            // Only who may list is told that a key is missing.
            Code::NoSuchKey => match may("s3:ListBucket", &self.bucket_arn(&at.bucket)) {
                Ok(()) => ReadFailed::Missing,
                Err(denied) => denied,
            },
            _ => ReadFailed::Other(trouble(refused)),
        };
        let whole = self.call(|aws, now| aws.s3.head(now, &at.bucket, &at.key, None));
        let whole = whole.map_err(failed)?;
        let size = whole.body.len() as u64;
        let end = from.saturating_add(len).min(size);
        let bytes = whole.body.get(from as usize..end as usize).unwrap_or_default().to_vec();
        Ok(Piece { bytes, etag: Etag(whole.etag), size })
    }
}

impl WriteObjects for Aws {
    async fn put(&self, at: &Address, bytes: &[u8], when: PutWhen) -> Result<Etag, PutFailed> {
        let context = Context::none().with("s3:ObjectCreationOperation", "true");
        let context = match &when {
            PutWhen::Always => context,
            PutWhen::Absent => context.with("s3:if-none-match", "*"),
            PutWhen::Matches(etag) => context.with("s3:if-match", etag.0.as_str()),
        };
        self.may("s3:PutObject", &self.object_arn(at), &context).map_err(PutFailed::Other)?;
        let conditional = when != PutWhen::Always;
        let condition = match when {
            PutWhen::Always => Condition::Always,
            PutWhen::Absent => Condition::Absent,
            PutWhen::Matches(etag) => Condition::Matches(etag.0),
        };
        let kind = content_type(&at.key);
        let bytes = bytes.to_vec();
        let put =
            self.call(|aws, now| aws.s3.put(now, &at.bucket, &at.key, bytes, kind, &condition));
        match put {
            Ok(etag) => Ok(Etag(etag)),
            // `If-Match` on a key that is gone answers 404 (reliability, row 15).
            Err(refused) => match refused.code {
                Code::PreconditionFailed => Err(PutFailed::Lost),
                Code::NoSuchKey if conditional => Err(PutFailed::Lost),
                _ => Err(PutFailed::Other(trouble(refused))),
            },
        }
    }
}

impl Aws {
    fn object_arn(&self, at: &Address) -> String {
        format!("{}/{}", self.bucket_arn(&at.bucket), at.key)
    }
}

fn content_type(key: &str) -> Option<&'static str> {
    let (_, ending) = key.rsplit_once('.')?;
    match ending {
        "json" => Some("application/json"),
        "html" => Some("text/html; charset=utf-8"),
        _ => None,
    }
}

impl RemoveObjects for Aws {
    async fn remove(&self, at: &Address) -> Result<(), Trouble> {
        self.may("s3:DeleteObject", &self.object_arn(at), &Context::none())?;
        self.call(|aws, now| aws.s3.delete(now, &at.bucket, &at.key, None)).map_err(trouble)
    }
}
