//! The daemon itself: whether it is ready, and how large its store has grown.

use std::path::{Path, PathBuf};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntGauge, IntGaugeVec, Opts, Registry};

use super::names::{self, Metric};

/// A gauge for readiness, at 0.
///
/// # Errors
/// When the name is taken.
pub fn readiness(registry: &Registry) -> Result<IntGauge, prometheus::Error> {
    let gauge = IntGauge::new(names::READY.name, names::READY.help)?;
    registry.register(Box::new(gauge.clone()))?;
    Ok(gauge)
}

/// Shows the size of the store's file and of the log beside it, as they are at a scrape.
///
/// # Errors
/// When the name is taken.
pub fn store_size(registry: &Registry, store: &Path) -> Result<(), prometheus::Error> {
    let Metric { name, labels, help, .. } = names::STORE_SIZE;
    let mut log = store.as_os_str().to_owned();
    log.push("-wal");
    let files = [("store", store.to_path_buf()), ("log", PathBuf::from(log))];
    let sizes = IntGaugeVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(StoreSize { files, sizes }))
}

struct StoreSize {
    files: [(&'static str, PathBuf); 2],
    sizes: IntGaugeVec,
}

impl Collector for StoreSize {
    fn desc(&self) -> Vec<&Desc> {
        self.sizes.desc()
    }

    /// A file that cannot be looked at has no series.
    fn collect(&self) -> Vec<MetricFamily> {
        self.sizes.reset();
        for (file, path) in &self.files {
            if let Ok(found) = std::fs::metadata(path) {
                let bytes = i64::try_from(found.len()).unwrap_or(i64::MAX);
                self.sizes.with_label_values(&[*file]).set(bytes);
            }
        }
        self.sizes.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(registry: &Registry) -> Vec<(String, f64)> {
        let families = registry.gather();
        let series = families.iter().flat_map(MetricFamily::get_metric);
        let one = |s: &prometheus::proto::Metric| {
            (s.get_label()[0].value().to_owned(), s.get_gauge().get_value())
        };
        series.map(one).collect()
    }

    #[test]
    fn a_file_that_is_not_there_has_no_size() {
        let folder = tempfile::tempdir().expect("a directory");
        let (path, registry) = (folder.path().join("a.sqlite"), Registry::new());
        store_size(&registry, &path).expect("registered");
        assert_eq!(shown(&registry), []);
        std::fs::write(&path, [0; 300]).expect("written");
        assert_eq!(shown(&registry), [("store".to_owned(), 300.0)]);
        std::fs::write(folder.path().join("a.sqlite-wal"), [0; 7]).expect("written");
        assert_eq!(shown(&registry).len(), 2);
    }
}
