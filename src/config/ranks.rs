//! `ranks.toml`: the sets that are ranked, all faults at once.
//!
//! In: the file, and the areas it may name. Out: [`RankSet`]s: those of the file, then those that every area
//! has without being asked; or every fault with its set, key and reason.

use std::path::Path;

use super::Fault;
use super::rows;
use super::section::{Section, parsed, path_from, text, whole};
use super::stations::Found;
use crate::area::{Member, Registry};
use crate::assessment::rank::{OfficialRank, RankBy, RankSet};
use crate::assessment::{Seasons, Span};

/// The sets of a file and of the areas. Without a file only the latter.
///
/// # Errors
/// Every [`Fault`] of the file.
pub fn ranks(
    path: Option<&Path>,
    registries: &[Registry],
    seasons: &Seasons,
) -> Result<Vec<RankSet>, Vec<Fault>> {
    let own = path.map_or_else(|| Ok(Vec::new()), |path| of_file(path, registries, seasons))?;
    Ok(own.into_iter().chain(registries.iter().flat_map(RankSet::of_area)).collect())
}

fn of_file(
    path: &Path,
    registries: &[Registry],
    seasons: &Seasons,
) -> Result<Vec<RankSet>, Vec<Fault>> {
    rows::file(path, |root| read(root, registries, seasons))
}

/// `[ranks]`: the file. Its faults are noted beside the others.
pub(super) fn read_section(
    mut section: Section<'_>,
    (base, areas): (&Path, Option<&Found>),
    seasons: &Seasons,
) -> Vec<RankSet> {
    let file = section.optional("file", path_from(base));
    let mut sets = rows::noted(&section, file, areas, |path, all| of_file(path, all, seasons));
    sets.extend(areas.iter().flat_map(|found| &found.registries).flat_map(RankSet::of_area));
    section.finish();
    sets
}

/// Reads all sets that can be; faults are noted.
fn read(mut root: Section<'_>, registries: &[Registry], seasons: &Seasons) -> Vec<RankSet> {
    let mut sets: Vec<RankSet> = Vec::new();
    for section in root.sections("rank") {
        let (faults, key) = (section.faults(), section.key("code"));
        let Some(set) = set(section, registries, seasons) else { continue };
        if sets.iter().any(|earlier| earlier.code == set.code) {
            faults.note(key, format_args!("{:?} is there twice", set.code));
        }
        sets.push(set);
    }
    root.finish();
    sets
}

fn set(mut section: Section<'_>, registries: &[Registry], seasons: &Seasons) -> Option<RankSet> {
    let code = section.required("code", |value| {
        let code = text(value)?;
        // A colon stands in the codes of the sets that areas have by themselves.
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        let sound = code.bytes().all(plain);
        sound.then(|| code.clone()).ok_or(format!("must be letters, digits, _ and -, got {code:?}"))
    });
    let name = section.required("name", text);
    let registry = section.required("area", |value| {
        let area = text(value)?;
        let found = registries.iter().find(|r| r.area.as_str() == area);
        found.ok_or_else(|| format!("no station of stations_file is in area {area:?}"))
    });
    let member = |name: &str| {
        let registry = registry?;
        Some(registry.member(name).ok_or_else(|| format!("area {} has no {name:?}", registry.area)))
    };
    let official = section.sections("official").into_iter();
    let official = official.filter_map(|one| self::official(one, seasons)).collect();
    let listed = section.holds("members");
    let members = section.optional("members", |value| {
        let items = value.as_array().ok_or("must be an array of strings")?;
        let mut members: Vec<Member> = Vec::new();
        for item in items {
            let name = text(item)?;
            let Some(found) = member(&name) else { continue };
            let found = found?;
            if members.contains(&found) {
                return Err(format!("{name:?} is there twice"));
            }
            members.push(found);
        }
        if members.len() < 2 && registry.is_some() {
            return Err("must name two or more".to_owned());
        }
        Ok(members)
    });
    let own = section.optional("own", |value| member(&text(value)?).transpose());
    let members = members.or_else(|| registry.filter(|_| !listed).map(assessed));
    if let (Some(Some(own)), Some(members)) = (own, &members)
        && !members.contains(&own)
    {
        section.fault("own", "is none of the members");
    }
    let official: Vec<OfficialRank> = official;
    if !official.is_empty() && own.is_none() {
        section.fault("own", "is missing: whose rank is `official`?");
    }
    section.finish();
    let area = registry?.area.clone();
    let (members, own) = (members?, own.flatten());
    Some(RankSet { code: code?, name: name?, area, members, own, official })
}

/// A rank as it was published.
fn official(mut section: Section<'_>, seasons: &Seasons) -> Option<OfficialRank> {
    let by = section.required("by", parsed::<RankBy>);
    let span = section
        .required("span", |value| Span::parse(&text(value)?, seasons).map_err(|e| e.to_string()));
    let rank = section.required("rank", whole(1..=1000));
    let document = section.required("document", text);
    section.finish();
    Some(OfficialRank { by: by?, span: span?, rank: rank?, document: document? })
}

/// All that count in the area.
fn assessed(registry: &Registry) -> Vec<Member> {
    let counts = |at: &usize| registry.stations[*at].assessed;
    (0..registry.stations.len()).filter(counts).map(Member::Station).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::registries;

    fn seeds() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds")
    }

    fn both() -> Vec<Registry> {
        let dalian = seeds().join("dalian");
        let (stations, sets) = (dalian.join("stations.csv"), dalian.join("sets.csv"));
        let mut all = registries(&stations, Some(&sets), &BTreeMap::new()).expect("legal");
        let cities = seeds().join("liaoning/cities.csv");
        all.extend(registries(&cities, None, &BTreeMap::new()).expect("legal"));
        all
    }

    fn load(content: &str) -> Result<Vec<RankSet>, Vec<String>> {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("ranks.toml");
        std::fs::write(&path, content).expect("written");
        let file = format!("{}: ", path.display());
        ranks(Some(&path), &both(), &Seasons::DEFAULT)
            .map_err(|all| all.iter().map(|f| f.to_string().replacen(&file, "", 1)).collect())
    }

    #[test]
    fn the_province_has_fourteen_cities() {
        let all = ranks(Some(&seeds().join("liaoning/ranks.toml")), &both(), &Seasons::DEFAULT)
            .expect("legal");
        let codes: Vec<_> = all.iter().map(|s| (s.code.as_str(), s.members.len())).collect();
        let codes_of = ["liaoning14", "dalian:stations", "dalian:sets", "cities:cities"];
        assert_eq!(codes, codes_of.into_iter().zip([14, 10, 4, 14]).collect::<Vec<_>>());
        let registry = &both()[1];
        assert_eq!(all[0].own.map(|own| registry.called(own)), Some("大连"));
        assert!(registry.is_reference());
    }

    #[test]
    fn every_fault_of_a_set_is_told() {
        let told = load(
            "[[rank]]\ncode = 'a b'\nname = 'x'\narea = 'cities'\nmembers = ['210200', 'moon']\n\
             [[rank]]\ncode = 'b'\nname = 'x'\narea = 'moon'\n\
             [[rank]]\ncode = 'c'\nname = 'x'\narea = 'cities'\nmembers = ['210200', '大连']\n\
             [[rank]]\ncode = 'd'\nname = 'x'\narea = 'cities'\nmembers = ['沈阳', '210200']\n\
             own = '鞍山'\nowner = 1\n\
             [[rank]]\ncode = 'd'\nname = 'x'\narea = 'dalian'\n",
        );
        let expected = [
            "rank[0].code: must be letters, digits, _ and -, got \"a b\"",
            "rank[0].members: area cities has no \"moon\"",
            "rank[1].area: no station of stations_file is in area \"moon\"",
            "rank[2].members: \"大连\" is there twice",
            "rank[3].own: is none of the members",
            "rank[3].owner: is not a known key (known here: code, name, area, official, members, \
             own)",
            "rank[4].code: \"d\" is there twice",
        ];
        assert_eq!(told.expect_err("refused"), expected);
    }

    const OFFICIAL: &str = "[[rank.official]]\nby = 'composite'\nspan = '2025-01'\nrank = 3\n\
                            document = '1月通报'\n";

    #[test]
    fn a_rank_as_it_was_published_is_of_the_own_entity() {
        let set = "[[rank]]\ncode = 'a'\nname = 'x'\narea = 'cities'\n";
        let all = load(&format!("{set}own = '大连'\n{OFFICIAL}")).expect("legal");
        let [official] = all[0].official.as_slice() else { panic!("one") };
        assert_eq!((official.rank, official.document.as_str()), (3, "1月通报"));
        let told = load(&format!("{set}{}", OFFICIAL.replace("3", "0"))).expect_err("refused");
        assert_eq!(told, ["rank[0].official[0].rank: must be 1 to 1000, got 0"]);
        let told = load(&format!("{set}{OFFICIAL}")).expect_err("refused");
        assert_eq!(told, ["rank[0].own: is missing: whose rank is `official`?"]);
    }

    #[test]
    fn a_set_without_members_is_all_that_count() {
        let all = load("[[rank]]\ncode = 'a'\nname = 'x'\narea = 'dalian'\n").expect("legal");
        assert_eq!((all[0].members.len(), all[0].own), (10, None));
    }
}
