/** Shapes of openapi.json that the page reads. For editors and `tsc --checkJs`; not served. */

export interface Origin {
  kind: string;
  platform?: string;
  platform_confidence?: string;
  via?: string;
  label: string;
  entry?: { type: string; value: string };
  campaign?: { id: string };
  ad?: { id?: string; headline?: string; source_url?: string };
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
  assignee?: string;
  team?: string;
  closed_at?: string;
  classification?: string;
  origins?: Touch[];
}

export interface Conversation {
  id: string;
  channel: { kind: string; id: string };
  contact: {
    name?: string;
    username?: string;
    phone?: string;
    email?: string;
    aliases: { kind: string; value: string }[];
  };
  origin?: Touch;
  origins: Touch[];
  origins_count: number;
  ticket?: Ticket;
  unread: number;
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
  edited?: boolean;
  revoked?: boolean;
  touch?: Touch;
}

export interface Page {
  items: Conversation[];
  next?: string;
  counts: Record<string, number>;
}
