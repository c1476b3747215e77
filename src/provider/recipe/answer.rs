//! From an HTTP answer to what it means. Pure, and suspicious: whatever is not understood is never a success.

use super::{
    fault::{Fault, FaultClass},
    pointer::Pointer,
    price::Decimal,
    schema::{Call, CostRules, Recipe},
    states::JobState,
    wire::HttpResponse,
};
use crate::store::Money;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::Duration;

/// Longest `Retry-After` that is obeyed; more is a mistake, or a trap.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(10);

/// A provider's receipt: enough to ask about a job again from another process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    /// The values that `submit` took from the answer; `job` is always among them.
    pub values: Map<String, Value>,
}

impl Ticket {
    /// A receipt that is no more than a name.
    pub fn of(job: &str) -> Self {
        Self { values: Map::from_iter([("job".to_owned(), job.into())]) }
    }

    /// The provider's name for the job.
    pub fn job(&self) -> &str {
        self.values.get("job").and_then(Value::as_str).unwrap_or_default()
    }
}

/// What the answer to a call that spends money means.
#[derive(Clone, Debug, PartialEq)]
pub enum Submitted<T = Ticket> {
    /// The job, or the still, is there, and will be paid.
    Accepted(T),
    /// It was not accepted; it may be asked again after a while.
    Later(Fault),
    /// It was not accepted, and will not be.
    Refused(Fault),
    /// Perhaps accepted, perhaps not.
    Unclear(String),
}

/// What the answer to `poll` means.
#[derive(Clone, Debug, PartialEq)]
pub enum Polled {
    /// How the job stands.
    Standing(Standing),
    /// No answer this time.
    Later(Fault),
    /// The question was refused; the job itself may be well.
    Refused(Fault),
}

/// How a job stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// In our words.
    pub state: JobState,
    /// How much is done, `0..=1`.
    pub progress: Option<f64>,
    /// Why it failed, where it did.
    pub fault: Option<Fault>,
    /// What it cost, where that is told.
    pub cost: Option<Charge>,
    /// Where the clip is, where that is told here.
    pub video: Option<String>,
}

/// What a provider says that it charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// In the provider's own units: `25 credits`.
    pub told: String,
    /// In US dollars, where the recipe knows what a unit is worth.
    pub usd: Option<Money>,
}

impl Recipe {
    /// Reads the answer to `submit`.
    pub fn read_submit(&self, answer: &HttpResponse) -> Submitted {
        self.read_order(&self.submit, answer)
    }

    /// Reads the answer to `order`, a call that spends money: `submit` or `promote`.
    pub fn read_order(&self, order: &Call, answer: &HttpResponse) -> Submitted {
        if let Some(declined) = self.declined(answer) {
            return declined;
        }
        let ticket = Ticket { values: order.taken(answer) };
        if ticket.job().is_empty() {
            return Submitted::Unclear("its answer names no job".into());
        }
        Submitted::Accepted(ticket)
    }

    /// What an answer to `submit` means that is none of success.
    pub(super) fn declined<T>(&self, answer: &HttpResponse) -> Option<Submitted<T>> {
        if !answer.is_success() {
            let fault = self.fault(answer);
            let is_declined = answer.status == 429 || self.manners.not_accepted.contains(&answer.status);
            return Some(match answer.status {
                _ if is_declined && fault.class.is_passing() => Submitted::Later(fault),
                400..=499 => Submitted::Refused(fault),
                _ if is_declined => Submitted::Refused(fault),
                status => Submitted::Unclear(format!("it answered HTTP {status}: {}", fault.message)),
            });
        }
        if !self.is_fine(answer) {
            let fault = self.fault(answer);
            return Some(match fault.class {
                // a page, half an answer, a word that nobody knows: the job may be there
                _ if !answer.is_json => Submitted::Unclear(fault.message),
                FaultClass::ProviderError | FaultClass::ProviderTimeout | FaultClass::Unavailable => {
                    let told = if fault.message.is_empty() { "gives no reason" } else { &fault.message };
                    Submitted::Unclear(format!("it does not say that it accepted: {told}"))
                }
                FaultClass::RateLimited | FaultClass::Busy => Submitted::Later(fault),
                _ => Submitted::Refused(fault),
            });
        }
        None
    }

    /// Reads the answer to `poll`.
    pub fn read_poll(&self, answer: &HttpResponse) -> Polled {
        let is_told_by_status = self.states.http.contains_key(&answer.status.to_string());
        if !is_told_by_status && (!answer.is_success() || !answer.is_json || !self.is_fine(answer)) {
            let fault = self.fault(answer);
            return match fault.class {
                _ if answer.is_success() && !answer.is_json => Polled::Later(fault),
                FaultClass::NotFound => Polled::Standing(Standing::ended(JobState::Lost, fault)),
                FaultClass::Expired => Polled::Standing(Standing::ended(JobState::Expired, fault)),
                FaultClass::Moderated => Polled::Standing(Standing::ended(JobState::Moderated, fault)),
                class if class.is_passing() => Polled::Later(fault),
                _ => Polled::Refused(fault),
            };
        }
        let mut state = self.states.read(answer.status, &answer.body);
        let mut fault = None;
        if let Some(fallback) = fallback(&state) {
            let told = self.faults.read(answer.status, &answer.body, fallback);
            if told.class == FaultClass::Moderated {
                state = JobState::Moderated;
            }
            fault = Some(told);
        }
        let standing = Standing {
            progress: self.states.progress(&answer.body),
            fault,
            cost: self.charge(answer),
            video: self.video(answer),
            state,
        };
        let is_withheld = self.result.is_moderated_if_absent && self.result.hop.is_none() && standing.video.is_none();
        if standing.state == JobState::Succeeded && is_withheld {
            let fault = Fault { class: FaultClass::Moderated, ..self.fault(answer) };
            return Polled::Standing(Standing { state: JobState::Moderated, fault: Some(fault), ..standing });
        }
        Polled::Standing(standing)
    }

    /// Where an answer says that the clip is.
    pub fn video(&self, answer: &HttpResponse) -> Option<String> {
        self.result.video.iter().find_map(|place| place.text(&answer.body))
    }

    /// What an answer says that the job cost.
    pub fn charge(&self, answer: &HttpResponse) -> Option<Charge> {
        let CostRules { at, header, unit, usd } = self.cost.as_ref()?;
        let in_body = at.as_ref().and_then(|at| at.text(&answer.body));
        let told = in_body.or_else(|| answer.header(header.as_deref()?).map(str::to_owned))?;
        let count = Decimal::parse(&told)?;
        Some(Charge { told: format!("{told} {unit}"), usd: usd.and_then(|usd| count.dollars(usd)) })
    }

    /// The error that an answer tells.
    pub fn fault(&self, answer: &HttpResponse) -> Fault {
        let mut fault = self.faults.read(answer.status, &answer.body, FaultClass::ProviderError);
        if !answer.is_json {
            "its answer is no JSON".clone_into(&mut fault.message);
        }
        fault
    }

    fn is_fine(&self, answer: &HttpResponse) -> bool {
        self.faults.ok_when.as_ref().is_none_or(|condition| condition.fits(&answer.body))
    }
}

impl Call {
    /// The values that the call takes from its answer: single ones as text, tables as they are.
    pub fn taken(&self, answer: &HttpResponse) -> Map<String, Value> {
        let value = |place: &Pointer| match place.find(&answer.body)? {
            table @ (Value::Object(_) | Value::Array(_)) => Some(table.clone()),
            _ => place.text(&answer.body).map(Value::String),
        };
        self.take.iter().filter_map(|(name, place)| Some((name.clone(), value(place)?))).collect()
    }
}

impl Standing {
    const fn ended(state: JobState, fault: Fault) -> Self {
        Self { state, progress: None, fault: Some(fault), cost: None, video: None }
    }
}

/// What an end without a clip means where the provider gives no reason.
const fn fallback(state: &JobState) -> Option<FaultClass> {
    Some(match state {
        JobState::Failed => FaultClass::ProviderError,
        JobState::Moderated => FaultClass::Moderated,
        JobState::Canceled => FaultClass::Canceled,
        JobState::Expired => FaultClass::Expired,
        JobState::Lost => FaultClass::NotFound,
        _ => return None,
    })
}

impl HttpResponse {
    /// How long the provider asks us to wait: seconds, or a date (RFC 9110, section 10.2.3).
    pub fn retry_after(&self, now: jiff::Timestamp) -> Option<Duration> {
        let told = self.header("retry-after")?.trim();
        let secs = match told.parse::<f64>() {
            Ok(secs) => secs,
            Err(_) => jiff::fmt::rfc2822::parse(told).ok()?.timestamp().duration_since(now).as_secs_f64(),
        };
        Duration::try_from_secs_f64(secs.max(0.0)).ok().map(|wait| wait.min(LONGEST_RETRY_AFTER))
    }
}
