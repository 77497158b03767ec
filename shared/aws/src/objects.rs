use crate::{Aws, Class, failed::Failed};
use aws_sdk_s3::{
    config::retry::{ClassifyRetry, RetryAction},
    error::{ProvideErrorMetadata, SdkError},
    operation::get_object::GetObjectOutput,
    primitives::ByteStream,
};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use ports::{
    Address, Etag, ListObjects, Listed, ObjectPage, Piece, PutFailed, PutWhen, ReadFailed,
    ReadObjects, RemoveObjects, Trouble, WriteObjects,
};

/// Tries a conditional write anew that met another one on its way (reliability, row 15).
#[derive(Debug)]
pub(crate) struct BesideAnother;

impl ClassifyRetry for BesideAnother {
    fn classify_retry(&self, ctx: &InterceptorContext) -> RetryAction {
        let conflict = ctx.response().is_some_and(|it| it.status().as_u16() == 409);
        if conflict { RetryAction::transient_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "conditional write beside another"
    }
}

impl ListObjects for Aws {
    async fn list(&self, prefix: &Address, after: Option<&str>) -> Result<ObjectPage, Trouble> {
        let page = self
            .s3()
            .list_objects_v2()
            .bucket(&prefix.bucket)
            .prefix(&prefix.key)
            .set_start_after(after.map(str::to_owned))
            .send()
            .await
            .map_err(|why| Failed::of("ListObjectsV2", &why).trouble())?;
        let more = page.is_truncated() == Some(true);
        let listed = page.contents.unwrap_or_default().into_iter().filter_map(|it| {
            let size = u64::try_from(it.size?).ok()?;
            let modified = it.last_modified?.secs();
            Some(Listed { key: it.key?, size, etag: Etag(it.e_tag?), modified })
        });
        Ok(ObjectPage { objects: listed.collect(), more })
    }
}

impl ReadObjects for Aws {
    async fn read(&self, at: &Address, from: u64, len: u64) -> Result<Piece, ReadFailed> {
        if len == 0 {
            return self.head(at).await;
        }
        let last = from.saturating_add(len - 1);
        let got = self
            .s3()
            .get_object()
            .bucket(&at.bucket)
            .key(&at.key)
            .range(format!("bytes={from}-{last}"))
            .send()
            .await;
        match got {
            Ok(it) => piece(it).await,
            // Nothing lies there: at the end, or the object is empty.
            Err(why) if why.code() == Some("InvalidRange") || status(&why) == Some(416) => {
                self.head(at).await
            }
            Err(why) => Err(read_failed(Failed::of("GetObject", &why))),
        }
    }
}

impl Aws {
    async fn head(&self, at: &Address) -> Result<Piece, ReadFailed> {
        let head = self.s3().head_object().bucket(&at.bucket).key(&at.key).send().await;
        let head = head.map_err(|why| read_failed(Failed::of("HeadObject", &why)))?;
        let size = head.content_length.and_then(|it| u64::try_from(it).ok());
        let lacking =
            || ReadFailed::Other(Trouble::lasting("HeadObject answered no length or tag"));
        let (Some(size), Some(etag)) = (size, head.e_tag) else { return Err(lacking()) };
        Ok(Piece { bytes: Vec::new(), etag: Etag(etag), size })
    }
}

async fn piece(got: GetObjectOutput) -> Result<Piece, ReadFailed> {
    let whole = got.content_range.as_deref().and_then(|it| it.rsplit_once('/')?.1.parse().ok());
    let length = got.content_length.and_then(|it| u64::try_from(it).ok());
    let lacking = || ReadFailed::Other(Trouble::lasting("GetObject answered no length or tag"));
    let (Some(size), Some(etag)) = (whole.or(length), got.e_tag) else { return Err(lacking()) };
    let bytes = got.body.collect().await;
    // A body that breaks off is read again by whoever asked.
    let bytes = bytes.map_err(|why| ReadFailed::Other(Trouble::passing(why)))?;
    Ok(Piece { bytes: bytes.to_vec(), etag: Etag(etag), size })
}

fn status<E>(
    why: &SdkError<E, aws_smithy_runtime_api::client::orchestrator::HttpResponse>,
) -> Option<u16> {
    why.raw_response().map(|it| it.status().as_u16())
}

fn read_failed(why: Failed) -> ReadFailed {
    match why.class {
        Class::Missing => ReadFailed::Missing,
        _ => ReadFailed::Other(why.trouble()),
    }
}

impl WriteObjects for Aws {
    async fn put(&self, at: &Address, bytes: &[u8], when: PutWhen) -> Result<Etag, PutFailed> {
        let conditional = when != PutWhen::Always;
        let put = self
            .s3()
            .put_object()
            .bucket(&at.bucket)
            .key(&at.key)
            .set_content_type(content_type(&at.key).map(str::to_owned))
            .body(ByteStream::from(bytes.to_vec()));
        let put = match when {
            PutWhen::Always => put,
            PutWhen::Absent => put.if_none_match("*"),
            PutWhen::Matches(Etag(etag)) => put.if_match(etag),
        };
        let done = put.send().await.map_err(|why| {
            let why = Failed::of("PutObject", &why);
            match why.class {
                Class::Lost => PutFailed::Lost,
                // `If-Match` on a key that is gone answers 404 (reliability, row 15).
                Class::Missing if conditional => PutFailed::Lost,
                _ => PutFailed::Other(why.trouble()),
            }
        })?;
        let lacking = || PutFailed::Other(Trouble::lasting("PutObject answered no tag"));
        done.e_tag.map(Etag).ok_or_else(lacking)
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
        let gone = self.s3().delete_object().bucket(&at.bucket).key(&at.key).send().await;
        match gone.map_err(|why| Failed::of("DeleteObject", &why)) {
            Ok(_) => Ok(()),
            Err(why) if why.class == Class::Missing => Ok(()),
            Err(why) => Err(why.trouble()),
        }
    }
}
