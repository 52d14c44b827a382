//! The service `Conversations`: queries, each a question to the engine.

use origem_domain::key::ConversationId;
use origem_engine::EngineError;
use origem_engine::query::ThreadQuery;
use origem_wire::json;
use origem_wire::proto::{
    Conversation, FindConversationRequest, GetConversationRequest, GetThreadRequest, GetThreadResponse,
    GetTicketsRequest, GetTicketsResponse, GetTimelineRequest, GetTimelineResponse, ListConversationsRequest,
    ListConversationsResponse, NotUnderstood, told,
};
use tonic::{Request, Response, Status};

use crate::access::Access;
use crate::api::conversations_server::Conversations;
use crate::gate::{account, caller, visible};
use crate::refusal::Refusal;

const LIMIT: usize = 50;
const LIMIT_MAX: usize = 200;
const THREAD_LIMIT: usize = 100;
const THREAD_LIMIT_MAX: usize = 500;

/// The service.
pub(crate) struct Service(pub(crate) Access);

#[tonic::async_trait]
impl Conversations for Service {
    async fn get_conversation(
        &self,
        request: Request<GetConversationRequest>,
    ) -> Result<Response<Conversation>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        self.0.wait(request.min_position.as_deref()).await?;
        let id = conversation(&request.id)?;
        visible(&self.0, &caller, id).await?;
        Ok(Response::new(self.one(id).await?))
    }

    async fn find_conversation(
        &self,
        request: Request<FindConversationRequest>,
    ) -> Result<Response<Conversation>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        self.0.wait(request.min_position.as_deref()).await?;
        if request.alias.is_empty() {
            return Err(Refusal::from(NotUnderstood::Missing("alias")).into());
        }
        let channel = request.channel.map(|channel| channel.to_domain()).transpose();
        let channel = channel.map_err(Refusal::from)?;
        let (account, sight) = (caller.account.clone(), caller.sight(&self.0.directory()));
        let found = self
            .0
            .ask(move |engine| engine.find_seen(account.as_deref(), &request.alias, channel.as_ref(), &sight));
        let id = found.await?;
        Ok(Response::new(self.one(id).await?))
    }

    async fn list_conversations(
        &self,
        request: Request<ListConversationsRequest>,
    ) -> Result<Response<ListConversationsResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        self.0.wait(request.min_position.as_deref()).await?;
        let account = account(&self.0, &caller, request.account.as_deref()).map_err(Refusal::from)?;
        let mut filter = request.filter(&account).map_err(Refusal::from)?;
        filter.sight = caller.sight(&self.0.directory());
        let limit = limit(request.limit, LIMIT, LIMIT_MAX);
        let page = self.0.ask(move |engine| {
            let page = engine.conversations(&filter, told(request.cursor.as_deref()), limit)?;
            Ok(json::Conversations::of(&page))
        });
        Ok(Response::new(page.await?.into()))
    }

    async fn get_timeline(
        &self,
        request: Request<GetTimelineRequest>,
    ) -> Result<Response<GetTimelineResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        self.0.wait(request.min_position.as_deref()).await?;
        let id = conversation(&request.id)?;
        visible(&self.0, &caller, id).await?;
        let touches = self.0.ask(move |engine| engine.timeline(id)).await?;
        let items = touches.iter().map(|touch| json::Touch::of(touch).into()).collect();
        Ok(Response::new(GetTimelineResponse { items }))
    }

    async fn get_tickets(&self, request: Request<GetTicketsRequest>) -> Result<Response<GetTicketsResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        self.0.wait(request.min_position.as_deref()).await?;
        let id = conversation(&request.id)?;
        visible(&self.0, &caller, id).await?;
        let tickets = self.0.ask(move |engine| engine.tickets(id)).await?;
        let items = tickets.iter().map(|ticket| json::Ticket::of(ticket).into()).collect();
        Ok(Response::new(GetTicketsResponse { items }))
    }

    async fn get_thread(&self, request: Request<GetThreadRequest>) -> Result<Response<GetThreadResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        self.0.wait(request.min_position.as_deref()).await?;
        let id = conversation(&request.id)?;
        visible(&self.0, &caller, id).await?;
        let limit = limit(request.limit, THREAD_LIMIT, THREAD_LIMIT_MAX);
        let after = told(request.cursor.as_deref()).map(str::parse).transpose();
        let query = ThreadQuery {
            search: request.q,
            types: request.types,
            latest_first: request.latest_first,
            after: after.map_err(Refusal::from)?,
            limit,
        };
        let page = self.0.ask(move |engine| engine.thread(id, &query)).await?;
        let directory = self.0.directory();
        let name = |id: &str| Some(directory.agent(&page.account, id)?.name.as_str());
        let rows = page.rows.iter().map(|row| json::ThreadRow::of(row).named(name));
        Ok(Response::new(GetThreadResponse {
            items: rows.map(Into::into).collect(),
            next: page.next.map(|place| place.to_string()),
        }))
    }
}

impl Service {
    /// A conversation with all its origins.
    async fn one(&self, id: ConversationId) -> Result<Conversation, Refusal> {
        let shape = self.0.ask(move |engine| {
            let timeline = engine.timeline(id)?;
            Ok(json::Conversation::of(&engine.conversation(id)?, Some(&timeline)))
        });
        Ok(shape.await?.into())
    }
}

/// The id of a conversation; what is none is the id of none.
fn conversation(text: &str) -> Result<ConversationId, Refusal> {
    let missing = |_| EngineError::NoConversation { what: text.to_owned() };
    Ok(text.parse().map_err(missing)?)
}

/// How many items of a page: `default` if not told, `max` at most.
pub(crate) fn limit(told: Option<u32>, default: usize, max: usize) -> usize {
    match told {
        None | Some(0) => default,
        Some(told) => usize::try_from(told).map_or(max, |told| told.min(max)),
    }
}
