/** Words of the page in Brazilian Portuguese and English, and times as people there write them. */

/** Key, Portuguese, English. What a rule says has no English here: the API says it. */
const TABLE = `
conversations|Conversas|Conversations
search|Buscar nome ou número|Search name or number
by_origin|Filtrar por origem|Filter by origin
by_status|Filtrar por situação|Filter by status
more|Carregar mais|Load more
back|Voltar|Back
language|Idioma|Language
position|Último evento recebido|Latest event received
origins|Linha do tempo de origens|Timeline of origins
tickets|Atendimentos|Tickets
thread|Conversa|Thread
title|De onde veio cada cliente|Where every customer came from
nothing|Escolha uma conversa para ver suas origens, cada uma com sua prova.|Pick a conversation to see its origins, each with its proof.
none|Nenhuma conversa ainda: elas aparecem aqui com o primeiro evento.|No conversations yet: they appear here with the first event.
no_match|Nenhuma conversa com esses filtros.|No conversation matches these filters.
no_origin|Sem origem|No origin
no_ticket|Sem atendimento|No ticket
failed|Não foi possível carregar|Could not load
current|origem atual|current
unread|não lidas|unread
see_message|ver na conversa|see in thread
proof|Prova|Proof
message|Mensagem|Message
click_id|Id do clique|Click id
clicked|Clique|Clicked
ad|Anúncio|Ad
campaign|Campanha|Campaign
also|A mesma mensagem também mostra:|The same message also shows:
channel|Canal|Channel
phone|Telefone|Phone
opened|aberto|opened
closed|finalizado|finished
edited|editada|edited
revoked|Mensagem apagada|Message deleted
platform_unknown|plataforma desconhecida|platform unknown
live.connecting|Conectando|Connecting
live.live|Ao vivo|Live
live.lost|Reconectando|Reconnecting
status.|Todas|All
status.new|Novo|New
status.unanswered|Não respondido|Unanswered
status.awaiting_customer|Aguardando cliente|Awaiting customer
status.finished|Finalizado|Finished
sure.certain|Certo|Certain
sure.likely|Provável|Likely
sure.guess|Palpite|Guess
origin.|Todas as origens|All origins
origin.ad|Todos os anúncios|All ads
origin.ad.facebook|Campanha Facebook|Facebook ad
origin.ad.instagram|Campanha Instagram|Instagram ad
origin.ad.unknown|Campanha Meta|Meta ad
origin.whatsapp_campaign|Campanha WhatsApp|WhatsApp campaign
origin.new_message|Nova mensagem|Business message
origin.bulk_message|Múltiplos destinatários|Bulk message
origin.crm|Integração CRM|CRM integration
origin.link|Link|Link
origin.hashtag|Hashtag|Hashtag
origin.comment|Comentário|Comment
origin.comment.instagram||Instagram comment
origin.comment.facebook||Facebook comment
origin.takeover|Assumir atendimento|Agent takeover
origin.organic|Orgânico|Organic
origin.unknown|Desconhecido|Unknown
type.image|Imagem|Image
type.video|Vídeo|Video
type.audio|Áudio|Audio
type.document|Documento|Document
type.sticker|Figurinha|Sticker
type.location|Localização|Location
type.contacts|Contato|Contact card
type.button|Botão|Button
type.interactive|Resposta interativa|Interactive reply
type.story_reply|Resposta ao story|Story reply
type.story_mention|Menção no story|Story mention
type.unsupported|Mensagem retida pelo provedor|Withheld by the provider
type.comment_received|Comentário|Comment
type.call_received|Ligação|Call
type.message_reaction|Reação|Reaction
ad.referral|a mensagem traz os dados de um anúncio
ad.post|traz os dados de uma publicação impulsionada
ad.card|traz um cartão que parece de anúncio, sem identificador
link.click_code|o texto traz o código de um clique em um link
link.forwarded_code|traz o código do clique de outra pessoa, ou antigo: vale o link
link.unknown_code|traz um código válido cujo clique não foi registrado
link.ref|a conversa foi aberta por um link com ref
link.clicked|o cliente seguiu um link no dia anterior
link.shop|a mensagem é sobre um produto da loja
hashtag.first_word|o texto começa com a hashtag
campaign.quote|cita uma mensagem da campanha, ou aperta um botão dela
campaign.button|um botão de modelo foi apertado sem dizer de qual mensagem
campaign.window|primeira mensagem dentro da janela de resposta do disparo
campaign.status|resposta a uma mensagem cobrada como marketing
message.sent|uma mensagem da empresa abriu a interação
message.quote|cita uma mensagem da empresa
message.status|resposta a uma mensagem conhecida só pelo aviso de entrega
comment.received|o cliente comentou
comment.private_reply|a conversa segue nossa resposta privada ao comentário
takeover|um agente assumiu o atendimento
organic|a mensagem abre uma interação e nada mais a explica
unknown.history|o histórico importado não traz prova
unknown.unsupported|o provedor retém a mensagem, e com ela a prova`;

const WORDS = new Map(TABLE.split('\n').map((line) => line.split('|')).map(([key, ...words]) => [key, words]));

/** Storage can be forbidden; then the choice lasts as long as the page. */
const attempt = (storage) => {
  try {
    return storage();
  } catch {
    return null;
  }
};

let pt = /^pt/i.test(attempt(() => localStorage.language) ?? navigator.language);

export const language = () => (pt ? 'pt' : 'en');

export function setLanguage(to) {
  pt = to === 'pt';
  attempt(() => (localStorage.language = to));
}

const locale = () => (pt ? 'pt-BR' : /^en/i.test(navigator.language) ? navigator.language : 'en');

/** The words for `key`; a name nobody translated shows as itself. */
export const t = (key) => WORDS.get(key)?.[pt ? 0 : 1] ?? key.slice(key.indexOf('.') + 1).replaceAll('_', ' ');

/** Why an origin is said to be one. */
export const because = (origin) => (pt && WORDS.get(origin.rule.split('@')[0])?.[0]) || origin.because;

/** What people call an origin; the API says it in Portuguese. @param {import('./types').Origin} origin */
export function label({ kind, platform, label }) {
  const key = `origin.${kind}.${platform}`;
  return pt ? label : t(WORDS.has(key) ? key : `origin.${kind}`);
}

export const number = (count) => count.toLocaleString(locale());

const format = (at, how) => new Date(at).toLocaleString(locale(), how);
export const day = (at) => format(at, { dateStyle: 'full' });
export const clock = (at) => format(at, { hour: '2-digit', minute: '2-digit' });
export const moment = (at) => format(at, { dateStyle: 'short', timeStyle: 'short' });
export const exactly = (at) => format(at, { dateStyle: 'full', timeStyle: 'long' });
export const recent = (at) => (day(at) === day(Date.now()) ? clock(at) : format(at, { day: '2-digit', month: '2-digit' }));

/** Puts the words into what stands in the page itself. */
export function translate() {
  document.documentElement.lang = pt ? 'pt-BR' : 'en';
  for (const [data, property] of [['text', 'textContent'], ['label', 'ariaLabel'], ['title', 'title'], ['placeholder', 'placeholder']]) {
    for (const node of document.querySelectorAll(`[data-${data}]`)) node[property] = t(node.dataset[data]);
  }
}
