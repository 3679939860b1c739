//! Dashboards against the types that Grafana publishes: a property that it does not know, or a word, is a
//! fault.

use std::fmt::Write as _;

use super::{ends_well, list, shipped, text};
use crate::parts::{node, part, root};

/// Kinds of panels, where their types lie, and whether fields have options of their own.
const KINDS: [(&str, &str, &str, bool); 7] = [
    ("bargauge", "bargauge", "BarGauge", false),
    ("stat", "stat", "Stat", false),
    ("state-timeline", "statetimeline", "StateTimeline", true),
    ("status-history", "statushistory", "StatusHistory", true),
    ("table", "table", "Table", true),
    ("timeseries", "timeseries", "TimeSeries", true),
    ("xychart", "xychart", "XYChart", true),
];

/// JSON has no enums: their words stand in their place. The last lines show that a wrong word is found.
const HEAD: &str = "
type Plain<T> = T extends string ? `${T}` : T extends (infer U)[] ? Plain<U>[]
  : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
type Of<Options, Field> = Plain<Omit<Panel, 'options' | 'fieldConfig'>>
  & { options: Plain<Options>; fieldConfig: Plain<FieldConfigSource<Field>> };
// @ts-expect-error no such mode
export const wrong: Plain<Stat.Options>['colorMode'] = 'loud';
// @ts-expect-error no such property
export const unknown: Plain<Dashboard> = { uid: 'a', schemaVersion: 39, loud: true };
";

const CONFIG: &str = r#"{ "compilerOptions": { "strict": true, "noEmit": true, "module": "esnext",
    "moduleResolution": "bundler", "target": "es2022", "lib": ["es2022", "dom"], "types": [],
    "skipLibCheck": true }, "files": ["check.ts"] }"#;

fn source() -> String {
    let mut written =
        "import type { Dashboard, FieldConfigSource, Panel } from '@grafana/schema';\n".to_owned();
    for (_, folder, name, _) in KINDS {
        let from = format!(
            "@grafana/schema/dist/esm/raw/composable/{folder}/panelcfg/x/{name}PanelCfg_types.gen"
        );
        writeln!(written, "import type * as {name} from '{from}';").unwrap();
    }
    written += HEAD;
    for (number, (name, dashboard)) in shipped().iter().enumerate() {
        writeln!(written, "// {name}").unwrap();
        writeln!(written, "export const d{number}: Plain<Dashboard> = {dashboard};").unwrap();
        for panel in list(&dashboard["panels"]) {
            let kind = KINDS.iter().find(|(kind, ..)| *kind == text(&panel["type"]));
            let (.., kind, own) = kind.unwrap_or_else(|| panic!("{}?", panel["type"]));
            let field = if *own { format!("{kind}.FieldConfig") } else { "object".to_owned() };
            let id = &panel["id"];
            let of = format!("Of<{kind}.Options, {field}>");
            writeln!(written, "export const d{number}_{id}: {of} = {panel};").unwrap();
        }
    }
    written
}

#[test]
fn dashboards_are_of_grafanas_own_types() {
    let Some(mut node) = node() else { return };
    let modules = root().join("target/parts/node/node_modules");
    let Some(compiler) = part(modules.join("typescript/bin/tsc")) else { return };
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(&modules, folder.path().join("node_modules")).unwrap();
    std::fs::write(folder.path().join("tsconfig.json"), CONFIG).unwrap();
    std::fs::write(folder.path().join("check.ts"), source()).unwrap();
    ends_well(node.arg(compiler).arg("-p").arg(folder.path()));
}
