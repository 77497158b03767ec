use crate::Aws;
use formats::emf;
use ports::{Metric, PutMetrics, Trouble};
use std::collections::BTreeMap;

type Group<'a> = (&'a str, i64, &'a [(&'static str, String)]);

impl PutMetrics for Aws {
    /// Writes one log line for each namespace, time and set of dimensions, from which
    /// CloudWatch makes the metrics: no call, and no right to put any.
    async fn put_metrics(&self, metrics: &[Metric]) -> Result<(), Trouble> {
        let mut groups: BTreeMap<Group<'_>, Vec<emf::Number<'_>>> = BTreeMap::new();
        for it in metrics {
            let number = emf::Number { name: &it.name, unit: it.unit, value: it.value };
            groups.entry((it.namespace, it.at, &it.dimensions)).or_default().push(number);
        }
        for ((namespace, at, dimensions), numbers) in groups {
            for some in numbers.chunks(emf::MOST) {
                self.line(&emf::line(namespace, at, dimensions, some));
            }
        }
        Ok(())
    }
}
