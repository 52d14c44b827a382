//! Views of a log that is written as a script, folded as far as a test wants.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard};
use std::time::Duration;

use origem_domain::key::ConversationId;
use origem_domain::position::{Partition, Position};
use origem_domain::record::Recorded;
use origem_domain::rules::Rulebook;
use origem_engine::View;
use origem_log::{MemoryLog, Projected};
use origem_projector::{Decoded, Folding, Reading, fold};
use origem_testkit::{SECRET, build, script};
use origem_views::card;
use origem_views::identity::Settled;
use origem_views::meta::Checkpoint;
use origem_views::rows::{MemoryStore, Store as _};
use origem_wire::json;
use serde_json::{Value, json};

use crate::{Snapshot, Source, SourceError};

/// Views of a log in memory.
#[derive(Default)]
pub(crate) struct Views {
    state: Mutex<State>,
    changed: Condvar,
    log: MemoryLog,
}

#[derive(Default)]
struct State {
    events: Vec<Recorded>,
    store: MemoryStore,
    settled: Settled,
    /// How many events are folded.
    folded: usize,
    loading: bool,
    dirty: Option<BTreeSet<ConversationId>>,
}

impl Views {
    /// Views of a script.
    pub(crate) fn of(script: &str) -> Self {
        let views = Self::default();
        views.append(script);
        views.fold(usize::MAX);
        views
    }

    /// Appends events, a line each; they are not folded yet.
    pub(crate) fn append(&self, script: &str) {
        let mut state = self.lock();
        for line in script.split([';', '\n']).map(str::trim).filter(|line| !line.is_empty()) {
            let offset = state.events.len() as u64;
            state.events.push(build::recorded(script::event(line), offset));
        }
    }

    /// Appends events and folds all there are.
    pub(crate) fn take_in(&self, script: &str) {
        self.append(script);
        self.fold(usize::MAX);
    }

    /// Folds up to so many events more.
    pub(crate) fn fold(&self, count: usize) {
        let mut guard = self.lock();
        let state = &mut *guard;
        let end = state.folded.saturating_add(count).min(state.events.len());
        let batch: Vec<_> = state.events[state.folded..end]
            .iter()
            .cloned()
            .map(Box::new)
            .map(Decoded::Event)
            .collect();
        let folded = fold(&state.store, &mut state.settled, &batch, &Folding::in_lanes(1)).unwrap();
        state.store.commit(&folded.changes).unwrap();
        state.folded = end;
        if let Some(dirty) = state.dirty.as_mut() {
            dirty.extend(card::changed(&folded.changes));
        }
        self.changed.notify_all();
    }

    /// Other views of the same log.
    pub(crate) fn folded_again(&self) -> Self {
        let views = Self::default();
        views.lock().events.clone_from(&self.lock().events);
        views.fold(usize::MAX);
        views
    }

    /// Drops the views; they must be folded again, from the start. Nobody is told.
    pub(crate) fn drop_rows(&self) {
        let mut state = self.lock();
        *state = State {
            events: std::mem::take(&mut state.events),
            ..State::default()
        };
    }

    /// Whether the views are being loaded.
    pub(crate) fn set_loading(&self, loading: bool) {
        self.lock().loading = loading;
    }

    /// What a topic must hold, by key, without versions: what the API says of every conversation.
    pub(crate) fn expected(&self, topic: Projected) -> BTreeMap<String, Value> {
        let all = self.conversations().unwrap();
        let snapshots = all.iter().map(|id| self.read(*id).unwrap().unwrap());
        snapshots
            .filter_map(|snapshot| Some((snapshot.conversation.id.to_string(), expected(topic, &snapshot)?)))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn view<'a>(&'a self, state: &'a State) -> View<'a> {
        static RULEBOOK: LazyLock<Arc<Rulebook>> = LazyLock::new(Arc::default);
        View {
            rulebook: &RULEBOOK,
            reading: &Reading::Recorded,
            log: &self.log,
            partition: Partition(0),
            checkpoint: Checkpoint::default(),
            rows: &state.store,
            secret: &SECRET,
        }
    }
}

fn expected(topic: Projected, snapshot: &Snapshot) -> Option<Value> {
    let mut card =
        serde_json::to_value(json::Conversation::of(&snapshot.conversation, Some(&snapshot.timeline))).unwrap();
    if card.get("group").is_some() {
        return None;
    }
    let ticket = card.get("ticket").cloned();
    let fields = card.as_object_mut().unwrap();
    fields.remove("position");
    let mut value = json!({"conversation": fields["id"], "account": fields["account"], "channel": fields["channel"]});
    match topic {
        Projected::Conversations => return Some(card),
        Projected::Touches => {
            value["touches"] = fields["origins"].clone();
            value["touches_count"] = fields["origins_count"].clone();
        }
        Projected::Windows => {
            let windows = snapshot.conversation.recorded_windows()?;
            let told = serde_json::to_value(json::Windows::brief(&windows)).unwrap();
            for name in [
                "as_of",
                "customer_care",
                "free_entry_point",
                "human_agent",
                "private_reply",
                "marketing_stopped_at",
            ] {
                copy(&told, name, &mut value);
            }
            for name in ["customer_care", "free_entry_point"] {
                if let Some(window) = value.get_mut(name).and_then(Value::as_object_mut) {
                    window.remove("remaining_s");
                }
            }
        }
        Projected::Queue => {
            let ticket = ticket?;
            value["ticket_id"] = ticket["id"].clone();
            for name in ["status", "team", "assignee", "revision", "opened_at"] {
                copy(&ticket, name, &mut value);
            }
            copy(&card, "unread", &mut value);
            copy(&card, "last_activity_at", &mut value);
            if let Some(origin) = card.get("origin") {
                value["origin"] = json!({});
                for name in ["kind", "platform", "label", "campaign"] {
                    copy(origin, name, &mut value["origin"]);
                }
            }
        }
    }
    Some(value)
}

fn copy(from: &Value, name: &str, to: &mut Value) {
    if let Some(value) = from.get(name) {
        to[name] = value.clone();
    }
}

impl Source for Views {
    fn follow(&self) {
        self.lock().dirty.get_or_insert_default();
    }

    fn checkpoint(&self) -> Option<Position> {
        let state = self.lock();
        (!state.loading).then(|| Position::new(0, state.folded as u64))
    }

    fn conversations(&self) -> Result<Vec<ConversationId>, SourceError> {
        Ok(card::all(&self.lock().store).collect::<Result<_, _>>()?)
    }

    fn read(&self, id: ConversationId) -> Result<Option<Snapshot>, SourceError> {
        let state = self.lock();
        Ok(Snapshot::of(self.view(&state), id)?)
    }

    fn changed(&self, timeout: Duration) -> BTreeSet<ConversationId> {
        let idle = |state: &mut State| state.dirty.as_ref().is_none_or(BTreeSet::is_empty);
        let (mut state, _) = self.changed.wait_timeout_while(self.lock(), timeout, idle).unwrap();
        state.dirty.as_mut().map(std::mem::take).unwrap_or_default()
    }
}
