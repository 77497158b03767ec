//! Label files and capture files, read.

use crate::Shelves;
use crate::ground_truth::label_value;
use engine::merge::{LabelFormat as Written, LabelOptions, each_inference, each_label};
use formats::ground_truth::GroundTruthData;
use ports::{
    CaptureFile, CapturedRecord, Label, LabelFile, LabelForm, LabelFormat, Objects, ReadTruth,
};

impl<O: Objects> ReadTruth for Shelves<O> {
    fn label_file(
        &self,
        bytes: Vec<u8>,
        form: &LabelForm,
        most: usize,
    ) -> Result<LabelFile, String> {
        let format = match form.format {
            LabelFormat::Auto => None,
            LabelFormat::Sagemaker | LabelFormat::JsonLines => Some(Written::Json),
            LabelFormat::Csv => Some(Written::Csv),
            LabelFormat::Parquet => Some(Written::Parquet),
        };
        let mut file = LabelFile::default();
        let (mut written, mut beyond) = (Vec::new(), 0_u64);
        let tally = each_label(bytes, format, &options(form), |label| {
            if file.labels.len() == most {
                // What is packed well may unpack to any size.
                beyond += 1;
                return;
            }
            written.clear();
            label.truth.write(&mut written);
            let value = GroundTruthData::read(&written);
            match (std::str::from_utf8(label.id), value) {
                (Ok(id), Some(value)) if !id.is_empty() => file.labels.push(Label {
                    id: id.to_owned(),
                    value: label_value(value),
                    at: label.time.map(|it| it.div_euclid(1_000_000)),
                }),
                _ => file.set_aside += 1,
            }
        });
        let (tally, why) = tally.map_err(|why| why.to_string())?;
        file.set_aside += tally.set_aside;
        if 0 < beyond {
            let all = most as u64 + beyond;
            return Err(format!(
                "{all} labels are more than the {most} of one file; upload it in parts"
            ));
        }
        if file.labels.is_empty() && 0 < file.set_aside {
            let why = why.unwrap_or("an id or a label is missing");
            return Err(format!("none of {} records is a label: {why}", file.set_aside));
        }
        Ok(file)
    }

    fn capture_file(&self, bytes: Vec<u8>, most: u64) -> Result<CaptureFile, String> {
        let mut file = CaptureFile::default();
        let mut unpacked = 0;
        let tally = each_inference(bytes, |it| {
            unpacked += it.line.len() as u64;
            if most < unpacked {
                return;
            }
            let (event, id) = (it.event_id(), it.key());
            let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
            match (text(&event), text(&id), text(it.line)) {
                (Some(event), Some(id), Some(line)) => {
                    file.records.push(CapturedRecord { event, id, at: Some(it.time), line });
                }
                _ => file.set_aside += 1,
            }
        });
        // A source in memory fails only where it is damaged: what was read so far stands.
        file.set_aside += tally.map_or(1, |it| it.set_aside);
        if most < unpacked {
            return Err(format!(
                "{unpacked} bytes of records are more than the {most} of one file"
            ));
        }
        Ok(file)
    }
}

fn options(form: &LabelForm) -> LabelOptions {
    let mut options = LabelOptions::default();
    let named = [
        (&form.id, &mut options.id),
        (&form.label, &mut options.label),
        (&form.time, &mut options.time),
    ];
    for (name, names) in named {
        if let Some(name) = name {
            *names = vec![name.clone()];
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::memory::MemoryWorld;
    use std::sync::Arc;

    fn shelves() -> Shelves<Arc<MemoryWorld>> {
        Shelves::new(Arc::default(), "bucket", "vigil")
    }

    fn read(text: &str, form: &LabelForm) -> Option<Vec<(String, String)>> {
        let file = shelves().label_file(text.as_bytes().to_vec(), form, 100).ok()?;
        Some(file.labels.into_iter().map(|it| (it.id, it.value.text)).collect())
    }

    #[test]
    fn labels_read_in_every_layout() {
        #[track_caller]
        fn check(text: &str, expect: &[(&str, &str)]) {
            let read = read(text, &LabelForm::default()).expect("labels");
            let read: Vec<_> = read.iter().map(|(id, it)| (id.as_str(), it.as_str())).collect();
            assert_eq!(read, expect, "{text}");
        }
        // AWS's record of formats C.1.
        check(
            r#"{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"a"},"eventVersion":"0"}"#,
            &[("a", "1")],
        );
        check(
            "{\"id\":\"a\",\"label\":0.5}\n{\"id\":\"b\",\"label\":true}\n",
            &[("a", "0.5"), ("b", "true")],
        );
        check("{\"id\":\"a\",\"label\":[1,0]}", &[("a", "[1,0]")]);
        check("{\"id\":\"a\",\"label\":\"x, y\"}", &[("a", "\"x, y\"")]);
        check("id,label\na,1\nb,yes\n", &[("a", "1"), ("b", "yes")]);
        check("label,inference_id\r\n1,a\r\n", &[("a", "1")]);
        check("a,1\nb,0\n", &[("a", "1"), ("b", "0")]);
        check("", &[]);
    }

    #[test]
    fn named_columns_go_before_usual_ones() {
        let form = LabelForm {
            id: Some("order".into()),
            label: Some("churned".into()),
            time: Some("on".into()),
            ..LabelForm::default()
        };
        let text = "id,label,order,churned,on\nx,9,a,1,2026-03-04T10:00:00Z\n";
        let file = shelves().label_file(text.into(), &form, 100).expect("labels");
        let label = &file.labels[0];
        assert_eq!((label.id.as_str(), label.value.text.as_str()), ("a", "1"));
        assert_eq!(label.at, Some(1_772_618_400));
        assert!(read("one,two,three,four\n1,2,3,4\n", &form).is_none());
    }

    #[test]
    fn captures_go_by_the_callers_id() {
        let record = |id: &str| {
            format!(
                r#"{{"captureData":{{"endpointInput":{{"observedContentType":"text/csv","mode":"INPUT","data":"41","encoding":"CSV"}}}},"eventMetadata":{{"eventId":"e1",{id}"inferenceTime":"2026-03-04T10:20:48Z"}},"eventVersion":"0"}}"#
            )
        };
        let named = record(r#""inferenceId":"order-1","#);
        let text = format!("{named}\n{}\n{}", record(""), &named[..60]);
        let file = shelves().capture_file(text.into_bytes(), 1 << 20).expect("captures");
        let ids: Vec<_> =
            file.records.iter().map(|it| (it.event.as_str(), it.id.as_str())).collect();
        assert_eq!(ids, [("e1", "order-1"), ("e1", "e1")]);
        assert_eq!((file.records[0].at, file.set_aside), (Some(1_772_619_648), 1));
        assert_eq!(file.records[0].line, named);
    }

    #[test]
    fn more_than_a_merge_holds_is_told() {
        let text = "id,label\na,1\nb,0\nc,1\n";
        let read = |most| shelves().label_file(text.into(), &LabelForm::default(), most);
        assert_eq!(read(3).expect("labels").labels.len(), 3);
        let why = read(2).expect_err("too many");
        assert_eq!(why, "3 labels are more than the 2 of one file; upload it in parts");
        let line = r#"{"captureData":{},"eventMetadata":{"eventId":"e1","inferenceTime":"2026-03-04T10:20:48Z"},"eventVersion":"0"}"#;
        let read = |most| shelves().capture_file(format!("{line}\n{line}").into_bytes(), most);
        assert!(read(2 * line.len() as u64).is_ok() && read(line.len() as u64).is_err());
    }
}
