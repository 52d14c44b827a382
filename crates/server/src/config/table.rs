//! Every setting there is, with its documentation and its default.

/// A setting.
pub struct Setting {
    /// Its key in the file: `section.name`, or `name`.
    pub key: &'static str,
    /// What it does.
    pub help: &'static str,
    /// Its value if nobody sets it.
    pub default: &'static str,
    /// Hidden in output; may be read from a file.
    pub secret: bool,
}

const fn setting(key: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting {
        key,
        help,
        default,
        secret: false,
    }
}

const fn secret(key: &'static str, help: &'static str) -> Setting {
    Setting {
        key,
        help,
        default: "",
        secret: true,
    }
}

/// Every setting there is.
pub const SETTINGS: &[Setting] = &[
    setting(
        "data",
        "./data",
        "directory of the log, the views and the secret of the installation",
    ),
    setting(
        "listen",
        "127.0.0.1:8080",
        "address to listen on; port 0 takes a free one",
    ),
    setting(
        "grpc.listen",
        "",
        "address of the gRPC API; port 0 takes a free one [default: none]",
    ),
    setting(
        "account",
        "default",
        "the account of deliveries that name none; beside account.time_zone write it as account.name",
    ),
    setting(
        "account.time_zone",
        "UTC",
        "time zone of accounts, which decides tariffs and months: an IANA name, or an offset such as -03:00",
    ),
    secret(
        "secret",
        "secret of the installation, 32 hexadecimal digits; all instances on one Kafka log share it [default: secret.key in data]",
    ),
    setting(
        "log.kind",
        "segments",
        "where events are kept: segments (files in data) or kafka (the topic origem.events.v1)",
    ),
    setting(
        "log.durability",
        "fsync",
        "what an acknowledgement promises: fsync (survives power loss) or os (survives a killed process)",
    ),
    setting(
        "log.segment_bytes_max",
        "268435456",
        "bytes after which a segment file is closed and the next begun",
    ),
    setting(
        "log.retention_age",
        "",
        "events received longer ago may be dropped, by whole segments: 90d, 12h; rebuilds, restores and questions of the past then \
         reach back only to there, for good [default: kept for ever]",
    ),
    setting(
        "log.retention_bytes",
        "",
        "bytes of segments beyond which the oldest are dropped; consequences as of log.retention_age [default: kept for ever]",
    ),
    setting(
        "log.verify_on_open",
        "false",
        "read every record of all segments before opening the log and refuse a damaged one; takes as long as reading the whole log",
    ),
    setting(
        "disk.reserve",
        "268435456",
        "bytes kept free where the log lies: below that deliveries are refused, reads go on; taken again by itself; 0: until a write fails",
    ),
    setting(
        "intake.queue_bytes",
        "67108864",
        "bytes of deliveries that may wait to be written to the log, for each of its partitions; what is more is refused with 503 `overloaded`",
    ),
    setting(
        "intake.body_bytes",
        "67108864",
        "bytes of the bodies of all HTTP requests that are under way, together; what is more is refused with 503 `overloaded` before it is read",
    ),
    setting(
        "views.cache_bytes",
        "0",
        "bytes of memory for the cache of the views, which takes about twice as much; on Kafka shared evenly by all partitions of the log; \
         0: a sixteenth of memory, 64 MiB at least and 1 GiB at most",
    ),
    setting(
        "ready.lag_max",
        "1000",
        "records that the views may be behind the log before /readyz says 503 `lagging`",
    ),
    setting(
        "ready.stall_after",
        "30s",
        "how long records may wait without one being projected before /readyz says 503 `projector_stalled`",
    ),
    setting("projector.lanes", "0", "threads that decode and fold; 0: one per core"),
    secret(
        "meta.app_secrets",
        "app secrets of Meta, comma-separated; deliveries must be signed with one of them",
    ),
    secret("meta.verify_token", "the token Meta shows when a webhook is set up"),
    secret(
        "twilio.auth_token",
        "Twilio's auth token; deliveries must be signed with it",
    ),
    secret("whatsapp_web.token", "bearer token of WhatsApp Web deliveries"),
    secret(
        "producers.token",
        "a key of the role producer: /v1/events, /v1/deliveries, /webhooks/event; with it everybody else needs a key too",
    ),
    secret(
        "operators.token",
        "a key of the role operator, who may ask everything; with it everybody needs a key",
    ),
    setting(
        "access.open",
        "false",
        "listen on other addresses than loopback although there is no key, token or secret: whoever reaches them may do everything",
    ),
    setting(
        "access.open_metrics",
        "false",
        "give /metrics to anybody, also where all else needs a key",
    ),
    secret(
        "access.jwt_secret",
        "the secret that JSON Web Tokens are signed with (HS256), 32 bytes at least; claims: sub (the agent), role, account, exp",
    ),
    setting(
        "access.jwks_file",
        "",
        "file of public keys that JSON Web Tokens are signed with (RS256, PS256, ES256, EdDSA), a JSON Web Key Set; read again when \
         it changes",
    ),
    setting(
        "access.jwt_issuer",
        "",
        "what `iss` of JSON Web Tokens must be [default: anything]",
    ),
    setting(
        "access.jwt_audience",
        "",
        "what `aud` of JSON Web Tokens must hold [default: anything]",
    ),
    setting(
        "rules.interaction_gap",
        "24h",
        "silence after which a message opens a new interaction; from a date on: 24h, 12h from 2026-11-01T00:00:00Z; a change rebuilds the views",
    ),
    setting(
        "rules.campaign_reply_window",
        "72h",
        "how long after a campaign's message an unquoted answer counts as its answer; as rules.interaction_gap",
    ),
    setting(
        "rules.organic_withheld",
        "24h",
        "how long after an opened thread, a comment or a click a plain message is not called organic; as rules.interaction_gap",
    ),
    setting(
        "rules.private_reply_window",
        "7d",
        "how long after a comment our private reply belongs to it; as rules.interaction_gap",
    ),
    setting(
        "rules.click_valid",
        "7d",
        "how long a click code stands for its click; later for its link only; as rules.interaction_gap",
    ),
    setting(
        "rules.dispatches",
        "",
        "which messages of ours are dispatches of which campaign, comma-separated, the first that holds counts: \
         shop: callback_data=camp-{campaign}, promo: template=promo_* -> promotions, old: campaign=x/{campaign} until \
         2026-11-01T00:00:00Z; a change rebuilds the views [default: of what is priced as marketing, the callback data is the campaign]",
    ),
    setting(
        "rules.dispatches_strict",
        "false",
        "whether rules.dispatches alone say what is a dispatch, of messages that only reports tell of: true, or from 2026-11-01T00:00:00Z",
    ),
    setting(
        "directory.entries",
        "",
        "what the directory begins with, as tables of the file: [directory.teams.sales] name = \"Sales\"; entries that are there are left as they are",
    ),
    setting(
        "thread.withheld_types",
        "sticker,contacts,location",
        "types of messages of which threads keep that they came and not what they said, or none; a change rebuilds the views",
    ),
    setting(
        "rebuild.cpu_share",
        "0.5",
        "the share of one core that a rebuild may take beside a server: over 0, up to 1; 1: no limit, on all cores",
    ),
    setting(
        "rebuild.memory_bytes",
        "536870912",
        "bytes of memory for what waits while new views are made, about, 67108864 at least; the rest goes to files beside the views",
    ),
    setting(
        "rebuild.records_max",
        "20000",
        "records of the conversations that a rebuild folds at once",
    ),
    setting(
        "conversions.rules",
        "finished outcome=won value>0 -> Purchase, lead -> LeadSubmitted",
        "what is told under which name, comma-separated: finished, stage or lead, conditions, -> and a name; docs/conversions.md has all",
    ),
    setting(
        "conversions.since",
        "",
        "destinations that are new are told what happened from this time on, RFC 3339 [default: from when they are first configured]",
    ),
    setting(
        "conversions.dry_run",
        "false",
        "true: decide and keep, send nothing; see `origem conversions list`",
    ),
    setting(
        "conversions.currency",
        "",
        "currency of values that name none: three capital letters, such as BRL",
    ),
    setting(
        "conversions.keep",
        "90d",
        "how long conversions are remembered once nothing more happens to them",
    ),
    setting(
        "conversions.meta_datasets",
        "",
        "where Meta takes events of a channel, comma-separated: whatsapp:*=DATASET/BUSINESS_ACCOUNT, whatsapp:NUMBER_ID=..., \
         messenger:*=DATASET, instagram:*=DATASET; with conversions.meta_token: Meta is told",
    ),
    secret(
        "conversions.meta_token",
        "access token of Meta that may write events of the datasets",
    ),
    setting(
        "conversions.meta_url",
        "https://graph.facebook.com/v25.0",
        "where Meta's Graph API is, with its version",
    ),
    setting(
        "conversions.meta_events",
        "Purchase, LeadSubmitted, InitiateCheckout, AddToCart, ViewContent, OrderCreated, OrderShipped, OrderDelivered, \
         OrderCanceled, OrderReturned, CartAbandoned, QualifiedLead, RatingProvided, ReviewProvided",
        "names of events that Meta takes, comma-separated",
    ),
    setting(
        "conversions.meta_partner_agent",
        "origem",
        "what Meta calls whoever sends the events",
    ),
    setting(
        "conversions.meta_test_event_code",
        "",
        "events go to Meta's test tool under this code, and count nowhere",
    ),
    setting(
        "conversions.meta_click_age_max",
        "28d",
        "how long before a conversion the click on the ad may have been; Meta itself credits seven days",
    ),
    setting(
        "conversions.meta_batch_max",
        "100",
        "events of one request to Meta, 1 to 1000",
    ),
    setting(
        "conversions.webhook_url",
        "",
        "a server of yours that is told, each conversion in a POST; with conversions.webhook_secret",
    ),
    secret(
        "conversions.webhook_secret",
        "what these requests are signed with, as Standard Webhooks has it: whsec_ and base64, or any text",
    ),
    setting(
        "conversions.timeout",
        "30s",
        "how long a destination may take to answer",
    ),
    setting(
        "kafka.bootstrap",
        "",
        "brokers to begin with: host:port, comma-separated",
    ),
    setting("kafka.prefix", "origem.", "what the names of all topics begin with"),
    setting(
        "kafka.group",
        "",
        "the group of instances that share the log and its views; `none`: this instance has all of it, alone [default: kafka.prefix without its dot]",
    ),
    setting(
        "kafka.instance_id",
        "",
        "a name this instance keeps over restarts: back within the session, no partition moves; unique in the group",
    ),
    setting(
        "kafka.group_protocol",
        "auto",
        "how the group agrees: auto, classic (cooperative-sticky) or consumer (KIP-848, brokers from 4.0)",
    ),
    setting(
        "kafka.session_ms",
        "10000",
        "silence after which an instance counts as gone; of the classic protocol",
    ),
    setting(
        "kafka.standbys",
        "0",
        "warm copies of each partition at other instances: they answer while an owner is gone, and take over at once",
    ),
    setting(
        "kafka.advertise",
        "",
        "where other instances reach this one: http://host:port; needed where it listens on all addresses [default: the address listened on]",
    ),
    setting(
        "kafka.intake",
        "inbound",
        "topics to take deliveries from, comma-separated: inbound (origem.inbound.v1), or TOPIC=SOURCE; none",
    ),
    setting(
        "kafka.publish",
        "auto",
        "what goes to the projected topics: protobuf, json or none; auto: protobuf with the log on Kafka, else none",
    ),
    setting(
        "kafka.security_protocol",
        "",
        "plaintext, ssl, sasl_plaintext or sasl_ssl [default: plaintext]",
    ),
    setting(
        "kafka.sasl_mechanism",
        "",
        "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER",
    ),
    setting("kafka.username", "", "name for PLAIN and SCRAM"),
    secret("kafka.password", "password for PLAIN and SCRAM"),
    setting(
        "kafka.oauth_token_file",
        "",
        "file with the token for OAUTHBEARER, read again before it expires",
    ),
    setting(
        "kafka.ca_file",
        "",
        "PEM file of the authorities that sign the brokers' certificates",
    ),
    setting(
        "kafka.certificate_file",
        "",
        "PEM file of this client's certificate, where brokers ask for one",
    ),
    setting("kafka.key_file", "", "PEM file of this client's private key"),
    secret(
        "kafka.properties",
        "further properties of librdkafka, comma-separated: name=value; or a JSON object, or in the file a table [kafka.properties]",
    ),
    setting(
        "public_url",
        "",
        "where the outside reaches the server: https://origem.example; Twilio signs the address it calls, QR codes show that of links",
    ),
    setting(
        "links.click_code",
        "visible",
        "how the code of a click on a link goes into the customer's text: visible ([ABC123] at the end), invisible (in front), both, none",
    ),
    setting(
        "telemetry.level",
        "info",
        "what is logged: error, warn, info, debug, or by module: origem_http=debug",
    ),
    setting("telemetry.format", "text", "how: text or json"),
    setting(
        "telemetry.otlp_endpoint",
        "",
        "where traces are sent: a collector that takes OTLP over HTTP, such as http://127.0.0.1:4318 \
         [default: what OTEL_EXPORTER_OTLP_ENDPOINT names, else none]",
    ),
];

impl Setting {
    /// Its environment variable.
    pub fn variable(&self) -> String {
        format!("ORIGEM_{}", self.key.replace('.', "_").to_uppercase())
    }
}
