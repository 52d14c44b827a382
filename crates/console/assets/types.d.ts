/** Shapes of openapi.json that the page reads. For editors and `tsc --checkJs`; not served. */

export interface Origin {
  kind: string;
  platform?: string;
  platform_confidence?: string;
  via?: string;
  label: string;
  entry?: { type: string; value: string };
  campaign?: { id: string; name?: string };
  ad?: { id?: string; name?: string; headline?: string; body?: string; source_url?: string; image_url?: string };
  link?: { code: string; name?: string };
  ctwa_clid?: string;
  click?: { at: string; link?: string; utm?: Record<string, string> };
  confidence: string;
  rule: string;
  because: string;
}

export interface Touch extends Origin {
  id: string;
  at: string;
  evidence: { position: string; message_id?: string };
  ticket_id?: string;
  also: Origin[];
}

export interface Ticket {
  id: string;
  status: string;
  opened_at: string;
  revision: number;
  assignee?: string;
  team?: string;
  closed_at?: string;
  classification?: string;
  value?: number;
  currency?: string;
  origins?: Touch[];
}

export interface Send {
  allowed: boolean;
  charge?: string;
  price?: { amount: string; currency: string };
  price_if_charged?: { amount: string; currency: string };
  explanation?: string;
  until?: string;
}

export interface Windows {
  as_of: string;
  customer_care?: { state: string; closes_at?: string; source?: string };
  free_entry_point?: { state: string; reply_by?: string; closes_at?: string };
  human_agent?: { closes_at: string };
  private_reply?: { closes_at: string };
  service_messages?: { free_per_month: number; delivered?: number };
  send?: Record<string, Send>;
  advice?: Record<string, string>;
  closes_next?: { at: string; what: string };
  marketing_stopped_at?: string;
  reason?: string;
}

export interface Conversation {
  id: string;
  account: string;
  group?: boolean;
  channel: { kind: string; id: string };
  contact: {
    name?: string;
    username?: string;
    phone?: string;
    wa_url?: string;
    email?: string;
    aliases: { kind: string; value: string }[];
    first_contact_at?: string;
    last_contact_at?: string;
    location?: { at: string; point: string; name?: string };
    page_url?: string;
    site?: string;
  };
  origin?: Touch;
  origins: Touch[];
  origins_count: number;
  ticket?: Ticket;
  windows?: Windows;
  stage?: string;
  lead?: string;
  temperature?: { name: string; degrees: number };
  unread: number;
  last_message?: { text?: string; type?: string; direction?: string };
  last_activity_at?: string;
}

/** A row of a thread. */
export interface Row {
  at: string;
  kind: string;
  direction?: string;
  message_id?: string;
  type: string;
  text?: string;
  agent?: string;
  agent_name?: string;
  attachment?: { filename?: string; mime_type?: string; url?: string };
  withheld?: boolean;
  edited?: boolean;
  revoked?: boolean;
  voided?: boolean;
  touch?: Touch;
}

/** A row of the change log. */
export interface History {
  at: string;
  who?: string;
  who_name?: string;
  what: string;
  old?: string;
  old_name?: string;
  new?: string;
  new_name?: string;
  voided?: string;
  event: string;
}

export interface Page {
  items: Conversation[];
  next?: string;
  counts: Record<string, number>;
}
