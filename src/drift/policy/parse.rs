//! From TOML to a policy, with the line and column of every mistake.

use super::{
    Aspect, Bounds, Demand, Fact, Level, Limit, LimitRule, OnUnsure, Policy, PolicyError, Preset, Requirement,
    Statistic, Subject,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::{Spanned, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    extends: Option<Preset>,
    unsure: Option<OnUnsure>,
    #[serde(default)]
    limits: BTreeMap<Subject, BTreeMap<Statistic, Spanned<Value>>>,
    #[serde(default)]
    require: BTreeMap<Fact, Spanned<Value>>,
}

/// The preset that a policy names, or the standard one.
pub(super) fn extends(text: &str, name: &str) -> Result<Preset, PolicyError> {
    Ok(read(text, name)?.extends.unwrap_or_default())
}

/// `base` with everything that `text` says laid over it.
pub(super) fn lay_over(base: Policy, text: &str, name: &str) -> Result<Policy, PolicyError> {
    let File { unsure, limits, require, .. } = read(text, name)?;
    let mut policy = Policy { name: name.to_owned(), unsure: unsure.unwrap_or(base.unsure), ..base };
    for (subject, statistics) in limits {
        for (statistic, value) in statistics {
            let rule = LimitRule { subject, statistic };
            let (span, before) = (value.span(), policy.limits.get(&rule).copied());
            let limit = limit(rule, value.into_inner(), before)
                .map_err(|message| PolicyError::at(name, text, Some(span), &message))?;
            policy.limits.insert(rule, limit);
        }
    }
    for (fact, value) in require {
        let (span, before) = (value.span(), policy.require.get(&fact).copied());
        let requirement = requirement(fact, value.into_inner(), before)
            .map_err(|message| PolicyError::at(name, text, Some(span), &message))?;
        policy.require.insert(fact, requirement);
    }
    Ok(policy)
}

fn read(text: &str, name: &str) -> Result<File, PolicyError> {
    toml::from_str(text).map_err(|e| PolicyError::at(name, text, e.span(), e.message()))
}

/// `{ limit = 50, level = "warn" }`; what is left out comes from the preset.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitTable {
    limit: Option<f64>,
    level: Option<Level>,
}

fn limit(rule: LimitRule, value: Value, before: Option<Limit>) -> Result<Limit, String> {
    let known = rule.subject.statistics();
    if !known.contains(&rule.statistic) {
        let names: Vec<String> = known.iter().map(|s| format!("`{}.{}`", rule.subject.name(), s.name())).collect();
        return Err(format!("unknown limit `{rule}`, expected one of {}", names.join(", ")));
    }
    let table = match value {
        Value::Integer(n) => LimitTable { limit: Some(n as f64), level: None },
        Value::Float(x) => LimitTable { limit: Some(x), level: None },
        Value::String(word) if word == Level::Off.name() => LimitTable { limit: None, level: Some(Level::Off) },
        Value::Table(table) => table.try_into().map_err(|e: toml::de::Error| e.message().to_owned())?,
        _ => return Err(format!("`{rule}` takes a number, \"off\", or {{ limit = …, level = … }}")),
    };
    let level = table.level.or(before.map(|b| b.level)).unwrap_or_default();
    let ceiling = rule.statistic.ceiling();
    let limit = match table.limit.or(before.map(|b| b.limit)) {
        Some(limit) => limit,
        None if level == Level::Off => ceiling,
        None => return Err(format!("`{rule}` has no limit yet, so its level needs one beside it")),
    };
    if limit > 0.0 && limit <= ceiling {
        return Ok(Limit { limit, level });
    }
    Err(match rule.statistic {
        Statistic::Run | Statistic::Count => format!("`{rule}` must be 1 frame or more, not {limit}"),
        _ => format!("`{rule}` must be above 0 and at most {ceiling}, not {limit}"),
    })
}

/// `{ is = …, min = …, max = …, level = … }`; what is left out comes from the preset.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DemandTable {
    is: Option<Value>,
    min: Option<f64>,
    max: Option<f64>,
    level: Option<Level>,
}

fn requirement(fact: Fact, value: Value, before: Option<Requirement>) -> Result<Requirement, String> {
    let table = match value {
        Value::String(word) if word == Level::Off.name() => {
            DemandTable { level: Some(Level::Off), ..DemandTable::default() }
        }
        Value::Table(table) => table.try_into().map_err(|e: toml::de::Error| e.message().to_owned())?,
        bare => DemandTable { is: Some(bare), ..DemandTable::default() },
    };
    let level = table.level.or(before.map(|b| b.level)).unwrap_or_default();
    let demand = match demand(fact, &table)?.or(before.map(|b| b.demand)) {
        Some(demand) => demand,
        None if level == Level::Off => Demand::Within(Bounds { min: None, max: None }),
        None => return Err(format!("`{}` demands nothing", fact.name())),
    };
    Ok(Requirement { demand, level })
}

fn demand(fact: Fact, table: &DemandTable) -> Result<Option<Demand>, String> {
    let DemandTable { is, min, max, level: _ } = table;
    match fact {
        Fact::Aspect | Fact::Audio if min.is_some() || max.is_some() => {
            Err(format!("`{}` has no min and no max", fact.name()))
        }
        Fact::Aspect => match is {
            None => Ok(None),
            Some(Value::String(word)) if Aspect::parse(word).is_some() => Ok(Aspect::parse(word).map(Demand::Shape)),
            Some(other) => Err(format!("`aspect` takes a shape such as \"9:16\", not {other}")),
        },
        Fact::Audio => match is {
            None => Ok(None),
            Some(Value::Boolean(sound)) => Ok(Some(Demand::Sound(*sound))),
            Some(other) => Err(format!("`audio` takes true or false, not {other}")),
        },
        Fact::Duration | Fact::Fps | Fact::Width | Fact::Height | Fact::Motion => {
            let exact = match is {
                None => None,
                Some(Value::Integer(n)) => Some(*n as f64),
                Some(Value::Float(x)) => Some(*x),
                Some(other) => {
                    return Err(format!("`{}` takes a number or {{ min = …, max = … }}, not {other}", fact.name()));
                }
            };
            bounds(fact, exact.or(*min), exact.or(*max))
        }
    }
}

fn bounds(fact: Fact, min: Option<f64>, max: Option<f64>) -> Result<Option<Demand>, String> {
    let key = fact.name();
    if min.is_none() && max.is_none() {
        return Ok(None);
    }
    if [min, max].into_iter().flatten().any(|v| !v.is_finite() || v < 0.0) {
        return Err(format!("`{key}` must be a number of 0 or more"));
    }
    if min.zip(max).is_some_and(|(min, max)| min > max) {
        return Err(format!("`{key}` has a min above its max"));
    }
    Ok(Some(Demand::Within(Bounds { min, max })))
}
