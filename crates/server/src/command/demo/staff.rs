//! The people of the simulated business: they claim what waits, leave notes and finish, by the commands that the console gives too.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use origem_sim::{Agent, Business};
use serde_json::{Value, json};
use tracing::warn;

/// Between two looks at the queue.
const ROUND: Duration = Duration::from_secs(2);
/// Conversations that each look takes up. Fewer than come in, so that something is left to do.
const AT_ONCE: usize = 3;
/// Looks at the beginning that take up what came in before the demo began.
const BACKLOG_ROUNDS: usize = 30;
/// Conversations that are left to those who try the demo.
const LEFT: u64 = 40;
const SALE: f64 = 389.9;

/// Works until it is told to stop.
pub fn work(url: &str, business: &Business, stop: &AtomicBool) {
    const POLL: Duration = Duration::from_millis(50);
    let staff = Staff {
        url,
        business,
        agent: ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(30)))
            .http_status_as_error(false)
            .build()
            .into(),
    };
    let mut seen = 0;
    for round in 0.. {
        if let Err(error) = staff.look(round, &mut seen)
            && !stop.load(Ordering::Relaxed)
        {
            warn!(%error, "the simulated staff could not look at the queue");
        }
        let pause = if round < BACKLOG_ROUNDS { POLL } else { ROUND };
        let mut waited = Duration::ZERO;
        while waited < pause {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            std::thread::sleep(POLL);
            waited += POLL;
        }
    }
}

struct Staff<'a> {
    url: &'a str,
    business: &'a Business,
    agent: ureq::Agent,
}

impl Staff<'_> {
    /// Takes up the conversations that wait longest.
    fn look(&self, round: usize, seen: &mut usize) -> Result<(), ureq::Error> {
        let limit = if round < BACKLOG_ROUNDS { 2 * AT_ONCE } else { AT_ONCE };
        let path = format!("conversations?status=new&order=oldest&limit={limit}");
        let mut page = self.agent.get(format!("{}/v1/{path}", self.url)).call()?;
        let page: Value = serde_json::from_str(&page.body_mut().read_to_string()?).unwrap_or_default();
        if page["counts"]["new"].as_u64().unwrap_or_default() < LEFT {
            return Ok(());
        }
        for card in page["items"].as_array().into_iter().flatten() {
            *seen += 1;
            self.take_up(card, *seen)?;
        }
        Ok(())
    }

    /// One conversation from the queue: some are only claimed, some end at once. Which, its number decides.
    fn take_up(&self, card: &Value, number: usize) -> Result<(), ureq::Error> {
        let Some((id, agent)) = card["id"].as_str().zip(self.who(card, number)) else {
            return Ok(());
        };
        let act = |what: &str, body: Value| -> Result<(), ureq::Error> {
            let mut body = body;
            body["agent"] = agent.id.as_str().into();
            let request = self.agent.post(format!("{}/v1/conversations/{id}/{what}", self.url));
            // A refusal is an answer: somebody at the console was faster.
            request
                .header("content-type", "application/json")
                .send(body.to_string())
                .map(drop)
        };
        act("claim", json!({}))?;
        if number.is_multiple_of(3) {
            act(
                "notes",
                json!({ "note": "Pediu entrega no sábado de manhã. Confirmar o frete." }),
            )?;
        }
        if number.is_multiple_of(4) {
            act("stage", json!({ "stage": "in_progress" }))?;
        }
        match number % 10 {
            1 | 4 | 7 => {
                let value = SALE + 100.0 * f64::from(u8::try_from(number % 17).unwrap_or_default());
                act(
                    "finish",
                    json!({ "classification": "sold", "value": value, "currency": "BRL" }),
                )
            }
            2 => act("finish", json!({ "classification": "no_interest" })),
            5 => act("finish", json!({ "classification": "answered" })),
            _ => Ok(()),
        }
    }

    /// Somebody of the team that works on the channel.
    fn who(&self, card: &Value, number: usize) -> Option<&Agent> {
        let channel = self
            .business
            .channels
            .iter()
            .find(|channel| card["channel"]["id"] == *channel.id)?;
        let team: Vec<&Agent> = self
            .business
            .agents
            .iter()
            .filter(|agent| agent.team_id == channel.team_id)
            .collect();
        team.get(number % team.len().max(1)).copied()
    }
}
