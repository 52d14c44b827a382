//! The export of tickets: page by page, so that neither the server nor whoever asks must hold all of it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures_util::stream;
use origem_domain::day::Day;
use origem_engine::query::report::{Export, PAGE_TICKETS, Period};
use origem_wire::export;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Caller;
use crate::error::Refusal;
use crate::params::{MinPosition, Params};
use crate::state::State;
use origem_wire::json::Problem;

/// Which tickets, and as what.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Which {
    /// The tenant; the caller's own if not told.
    account: Option<String>,
    /// Tickets opened from this day on, by the account's time zone; the first of the month if not told.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Day>,
    /// Tickets opened until this day, which is not in the export; all that is known if not told.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Day>,
    /// `csv` or `ndjson`; `csv` if not told.
    #[param(value_type = Option<String>, example = "ndjson")]
    format: Option<Format>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Format {
    Csv,
    Ndjson,
}

/// A row a ticket, in order of opening, with the evidence of its origins. The answer ends early if the views cannot be read any more:
/// it is whole only if it ends as HTTP says that an answer ends.
#[utoipa::path(
    get, path = "/v1/reports/tickets", tag = "reports", operation_id = "export_tickets", params(Which, MinPosition),
    responses(
        (status = 200, description = "The tickets", content(
            (String = "text/csv"),
            (String = "application/x-ndjson"),
        )),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 503, description = "The views cannot be read, are not as far as asked, or other reports are being worked out", body = Problem)
    )
)]
pub(in super::super) async fn export(
    Shared(state): Shared<State>,
    caller: Caller,
    Params(which): Params<Which>,
) -> Result<Response, Refusal> {
    let format = which.format.unwrap_or(Format::Csv);
    let account = caller.account(&state, which.account)?;
    let period = Period {
        account,
        from: which.from,
        to: which.to,
    };
    let clock = state.clock();
    let export = state.ask(move |engine| engine.begin_export(&period, clock)).await?;
    let exporting = Exporting {
        state,
        format,
        export: Arc::new(export),
        next: 0,
        begun: false,
    };
    let (kind, disposition) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"tickets.csv\""),
        Format::Ndjson => ("application/x-ndjson", "attachment; filename=\"tickets.ndjson\""),
    };
    let mut response = Response::new(Body::from_stream(stream::try_unfold(exporting, Exporting::advance)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    Ok(response)
}

/// How far an export is.
struct Exporting {
    state: State,
    format: Format,
    export: Arc<Export>,
    next: usize,
    begun: bool,
}

impl Exporting {
    /// The next page. An error ends the answer before its end, so that nobody takes a part for the whole.
    async fn advance(mut self) -> Result<Option<(Vec<u8>, Self)>, axum::BoxError> {
        let end = (self.next + PAGE_TICKETS).min(self.export.places().len());
        let page = self.next..end;
        // The names of the columns come also where there is no ticket.
        if page.is_empty() && (self.begun || self.format == Format::Ndjson) {
            return Ok(None);
        }
        if *self.state.closing().borrow() {
            return Err("the server ends".into());
        }
        let export = Arc::clone(&self.export);
        let tickets = self.state.ask(move |engine| engine.export(&export, page)).await?;
        let bytes = match self.format {
            Format::Csv => export::csv(&tickets, !self.begun)?,
            Format::Ndjson => export::ndjson(&tickets)?,
        };
        (self.next, self.begun) = (end, true);
        Ok(Some((bytes, self)))
    }
}
