/** Words of the page: key, Portuguese, English. What a rule says has no English here: the API says it. */

export const TABLE = `\
page.inbox|Conversas|Inbox
page.new|Nova conversa|New conversation
page.new.short|Nova|New
page.links|Links|Links
page.reports|Relatórios|Reports
page.operations|Operação|Operations
page.operations.short|Operação|Ops
navigation|Navegação|Navigation
conversations|Conversas|Conversations
customer|Cliente|Customer
search|Buscar nome ou número|Search name or number
filters|Filtros|Filters
clear|Limpar filtros|Clear filters
any|Qualquer|Any
mine|Meus atendimentos|Assigned to me
since|desde {0}|since {0}
closes_within|fecha em {0}|closes within {0}
remove_filter|Remover filtro|Remove filter
filter.origin|Origem|Origin
filter.campaign|Id da campanha|Campaign id
filter.ad|Anúncio|Ad
filter.link|Link|Link
filter.hashtag|Hashtag|Hashtag
filter.channel|Canal|Channel
ops.about|Até onde as visões chegaram, o que é refeito e o que há de estranho.|How far the views are, what is rebuilt, and what is odd.
ops.now|Agora|Now
ops.state|Estado|State
ops.ready|Pronto|Ready
ops.not_ready|Ainda não|Not ready
ops.lag|Atraso (eventos)|Lag (events)
ops.lag_seconds|Atraso (tempo)|Lag (time)
ops.rate|Eventos projetados|Events projected
ops.log|Registro em disco|Log on disk
ops.views|Visões em disco|Views on disk
ops.memory|Memória|Memory
ops.partitions|Partições|Partitions
ops.partition|Partição|Partition
ops.tail|Fim do registro|Tail
ops.checkpoint|Projetado até|Checkpoint
ops.failed|parada|failed
ops.stalled|travada|stalled
ops.log_away|sem registro|log away
ops.loading|carregando|loading
ops.following|acompanhando|following
ops.rebuild|Refazer visões|Rebuild views
ops.rebuilds|Reconstruções|Rebuilds
ops.no_rebuilds|Nenhuma reconstrução até agora.|No rebuild so far.
ops.rebuild_hint|O registro é dobrado de novo ao lado do que serve agora. Nada para enquanto isso.|The log is folded again beside what serves now. Nothing stops meanwhile.
ops.dry_run|só comparar, sem trocar|compare only, switch nothing
ops.renormalise|ler de novo os bytes originais|read the original bytes again
ops.begin|Começar|Begin
ops.eta|faltam {0}|{0} left
ops.diff|O que muda|What differs
ops.equal|Nada muda: as visões dizem o mesmo.|Nothing differs: both views say the same.
ops.differs|As visões diferem.|The views differ.
ops.view|Visão|View
ops.compared|Comparadas|Compared
ops.changed|Mudam|Changed
ops.only_old|Só na antiga|Old only
ops.only_new|Só na nova|New only
ops.anomaly|Anomalia|Anomaly
ops.anomalies|Anomalias|Anomalies
ops.no_anomalies|Nada de estranho.|Nothing odd.
ops.reason|Motivo|Reason
ops.kind|Evento|Event
ops.at|Quando|When
ops.detail|Detalhe|Detail
ops.event|O evento, como foi lido|The event, as it was read
ops.raw|Os bytes originais|The original bytes
phase.folding|dobrando|folding
phase.following|acompanhando|following
phase.comparing|comparando|comparing
phase.compared|comparada|compared
phase.switched|trocada|switched
phase.cancelled|cancelada|cancelled
phase.failed|falhou|failed
view.conversations|Conversas|Conversations
view.origin|Origem|Origin
view.status|Situação|Status
view.windows|Janelas|Windows
view.timeline|Linha do tempo|Timeline
view.tickets|Atendimentos|Tickets
view.conversation|Cartão|Card
view.thread|Mensagens|Thread
view.contacts|Contatos|Contacts
view.state|Estado interno|Inner state
reason.unrecognised|não reconhecido|unrecognised
reason.bad_time|hora impossível|impossible time
reason.identity_conflict|conflito de identidade|identity conflict
reason.voided|comando sem efeito|voided command
reason.no_effect|sem efeito|no effect
reason.no_contact|sem contato|no contact
reason.not_joined|sem par|not joined
reason.undecodable|ilegível|undecodable
cancel|Cancelar|Cancel
download|Baixar|Download
new.about|Veja o que pode ser enviado e quanto custa, do mais barato ao mais caro.|See what may be sent and what it costs, the cheapest first.
new.title|Para quem?|To whom?
new.hint|Informe um número e de onde escrever.|Tell a number and where to write from.
new.contact|Nome, telefone ou identificador|Name, phone or identifier
new.see|Ver o que pode ser enviado|See what may be sent
new.show|Ver opções|Show options
new.options|{0} opções, da mais barata à mais cara|{0} options, the cheapest first
new.no_options|Nenhum modelo aprovado para este canal.|No approved template for this channel.
new.known|Já existe uma conversa: abrir|There is a conversation already: open it
new.choose|Escolher|Choose
new.request|Pedir envio|Ask to send
new.variable|Valor de {0}|Value of {0}
new.not_sent|Isto registra o pedido, com o preço de agora. Quem envia é o serviço do canal.|This records what is wanted, at the price of now. The service of the channel sends it.
new.copy_text|Copiar texto|Copy text
category|Categoria|Category
category.service|Serviço|Service
category.utility|Utilidade|Utility
category.marketing|Marketing|Marketing
category.authentication|Autenticação|Authentication
category.authentication_international|Autenticação internacional|Authentication abroad
category.referral_conversion|Ponto de entrada gratuito|Free entry point
links.about|Endereços curtos que dizem de onde o cliente veio.|Short addresses that say where a customer came from.
links.create|Criar link|Create link
links.edit|Editar link|Edit link
links.saved|Link salvo|Link saved
links.none|Nenhum link ainda|No links yet
links.none_hint|Crie o primeiro e coloque-o no site, no cartão ou no balcão.|Create the first one and put it on your site, card or counter.
links.name|Nome|Name
links.code|Código|Code
links.address|Endereço|Address
links.text|Texto da mensagem|Text of the message
links.site|Onde aparece|Where it is shown
links.campaign_id|Id da campanha|Campaign id
links.expires|Vale até|Valid until
links.clicks|Cliques|Clicks
links.won|Ganhos|Won
links.qr|QR|QR
links.qr_of|QR code de {0}|QR code of {0}
report.about|De onde vêm as conversas, o que trazem e quanto custam.|Where conversations come from, what they bring and what they cost.
report.spend|Gasto com mensagens|Spent on messages
report.messages|Mensagens|Messages
report.charged|Cobradas|Charged
report.free|Grátis|Free
report.amount|Valor|Amount
report.by_day|Por dia|By day
report.by_category|Por categoria|By category
report.origins|O que cada origem trouxe|What each origin brought
report.group|Agrupar por|Group by
report.opened|Atendimentos|Tickets
report.answered|Respondidos|Answered
report.finished|Finalizados|Finished
report.first_response|Primeira resposta|First response
report.won|Ganhos|Won
report.conversion|Conversão|Conversion
report.revenue|Receita|Revenue
report.cost|Custo|Cost
report.share|Participação|Share
report.unattributed|Sem origem|Unattributed
report.models|Modelos de atribuição lado a lado|Attribution models side by side
report.models_hint|Quanto de cada venda cabe a cada origem. Em cada coluna as partes somam o total ganho.|How much of each win belongs to each origin. In every column the parts add up to what was won.
report.nothing_won|Nada foi ganho neste período.|Nothing was won in this period.
report.funnel.link|Do clique à venda, por link|From click to sale, by link
report.funnel.campaign|Do clique à venda, por campanha|From click to sale, by campaign
report.no_funnel|Nenhum clique ou conversa neste período.|No click or conversation in this period.
report.export|Exportar CSV|Export CSV
paths|Caminhos até o atendimento|Paths to tickets
paths.hint|Quais origens se seguem, até o ganho ou o fim. Os que mais ganharam primeiro.|Which origins follow each other, up to the win or the end. Those that won most come first.
paths.caption|Ganhos e atendimentos por caminho|Wins and tickets by path
paths.path|Caminho|Path
paths.none|Nenhum atendimento neste período.|No ticket in this period.
paths.longer|há passos antes|there are steps before
paths.other|outra origem|another origin
paths.others|outros {0} caminhos|{0} other paths
paths.all|Todos|All of them
paths.table|Ver como tabela|See as a table
group.kind,platform|por origem|by origin
group.campaign|por campanha|by campaign
group.ad|por anúncio|by ad
group.link|por link|by link
group.hashtag|por hashtag|by hashtag
group.channel|por canal|by channel
group.team|por equipe|by team
group.agent|por agente|by agent
model.first|Primeiro|First
model.last|Último|Last
model.last_non_organic|Último não orgânico|Last non-organic
model.linear|Linear|Linear
model.position|Posição 40/20/40|Position 40/20/40
model.time_decay|Decaimento|Time decay
model.markov|Markov|Markov
model.shapley|Shapley|Shapley
step.clicks|Cliques|Clicks
step.conversations|Conversas|Conversations
step.answered|Respondidas|Answered
step.classified|Classificadas|Classified
step.won|Ganhas|Won
report.category|Categoria|Category
filter.team|Equipe|Team
filter.agent|Agente|Agent
filter.classification|Classificação|Classification
filter.expiring_within|Janela|Window
filter.order|Ordem|Order
filter.platform|Plataforma|Platform
filter.from|De|From
filter.to|Até|To
order.latest|mais recentes primeiro|latest first
order.oldest|mais antigas primeiro|oldest first
days.today|Hoje|Today
days.7|7 dias|7 days
days.30|30 dias|30 days
by_status|Filtrar por situação|Filter by status
back|Voltar|Back
close|Fechar|Close
language|Switch to English|Mudar para português
actions|Ações|Actions
title|De onde veio cada cliente|Where every customer came from
nothing|Escolha uma conversa para ver suas origens, cada uma com sua prova.|Pick a conversation to see its origins, each with its proof.
not_visible|Esta conversa é de outra pessoa ou equipe.|This conversation is somebody else's, or of another team.
none|Nenhuma conversa ainda|No conversations yet
none_hint|Elas aparecem aqui com o primeiro evento.|They appear here with the first event.
no_match|Nada por aqui|Nothing here
no_match_hint|Nenhuma conversa corresponde a estes filtros.|No conversation matches these filters.
no_origin|Sem origem|No origin
no_ticket|Sem atendimento|No ticket
no_notes|Nenhuma nota ainda.|No notes yet.
no_windows|Sem dados de sessão.|No session data.
failed|Não foi possível carregar|Could not load
current|atual|current
unread|não lidas|unread
us|Nós|Us
origins_n|{0} origens|{0} origins
somebody|Alguém|Somebody
nobody|Ninguém|Nobody
claim|Assumir|Claim
assign|Atribuir|Assign
transfer|Transferir|Transfer
finish|Finalizar|Finish
reopen|Reabrir|Reopen
takeover|Assumir atendimento|Take over
done.claim|Atendimento assumido|Claimed
done.assign|Atendimento atribuído|Assigned
done.transfer|Atendimento transferido|Transferred
done.finish|Atendimento finalizado|Finished
done.reopen|Atendimento reaberto|Reopened
done.takeover|Atendimento assumido|Taken over
done.notes|Nota adicionada|Note added
done.contact|Contato salvo|Contact saved
done.stage|Etapa definida|Stage set
done.lead|Lead vinculado|Lead linked
done.outreach|Envio pedido|Asked to be sent
lead_link|Vincular lead|Link lead
lead.id|Id do lead no CRM|Id of the lead in the CRM
lead.hint|O lead fica em todas as conversas com esse id. Um lead é de uma só equipe.|The lead is in all conversations with that id. A lead is of one team only.
lead.elsewhere|O lead já é da equipe {0}, em outra conversa.|The lead is of team {0} already, in another conversation.
lead.see|Ver a conversa|See the conversation
lead.resolve|Um administrador pode vincular mesmo assim, ou permitir leads em várias equipes.|An administrator can link it all the same, or allow leads in several teams.
lead.unify|Permitir o mesmo lead em várias equipes desta conta|Allow a lead in several teams of this account
lead.unified|Salvo|Saved
refused.already_claimed|{0} assumiu antes de você.|{0} claimed it before you.
refused.stale|A conversa mudou nesse meio-tempo. Veja como está e tente de novo.|The conversation changed meanwhile. Look again and retry.
who_first|Diga antes quem você é.|Say who you are first.
who_are_you|Quem é você?|Who are you?
act_as_hint|Sem chaves configuradas, todos podem tudo. Diga em nome de quem você age.|No keys are configured, so everybody may do everything. Tell on whose behalf you act.
sign_in_as|Entrar como|Sign in as
sign_in_as_hint|Aqui ninguém precisa de chave. Quem você escolher vê e faz o que essa pessoa pode.|Nobody needs a key here. You see and may do what the person you choose sees and may do.
everything|Todos, sem restrição|Everybody, without limits
page.not_for_you|Esta página não é do seu papel, ou não está no plano da conta.|This page is not of your role, or not in the plan of the account.
agent|Agente|Agent
role.agent|Agente|Agent
role.manager|Gestor|Manager
role.administrator|Administrador|Administrator
role.operator|Operador|Operator
role.producer|Produtor|Producer
ok|OK|OK
sign_in|Entrar|Sign in
sign_in_hint|Informe sua chave ou token. Ele fica só nesta aba.|Enter your key or token. It stays in this tab only.
sign_out|Sair|Sign out
signed_in|Conectado|Signed in
key|Chave ou token|Key or token
key_refused|A chave não foi aceita.|The key was not accepted.
type_to_find|Digite para encontrar|Type to find
use_id|Usar “{0}”|Use “{0}”
classification|Classificação|Classification
outcome.won|Ganho|Won
outcome.lost|Perdido|Lost
value|Valor|Value
currency|Moeda|Currency
note|Nota|Note
notes|Notas|Notes
note_of|Nota de {0}|Note by {0}
note_write|Escreva uma nota para a equipe…|Write a note for your team…
note_add|Adicionar nota|Add note
save|Salvar|Save
choose|Escolher|Choose
name|Nome|Name
phone|Telefone|Phone
email|E-mail|E-mail
channel|Canal|Channel
assignee|Responsável|Assignee
stage|Etapa|Stage
stage.to_contact|A contatar|To contact
stage.in_progress|Em andamento|In progress
stage.won|Ganho|Won
stage.lost|Perdido|Lost
temperature|Temperatura|Temperature
temperature.hot|Quente|Hot
temperature.warm|Morno|Warm
temperature.cold|Frio|Cold
lead|Lead|Lead
aliases|Identificadores|Identifiers
first_contact|Primeiro contato|First contact
last_contact|Último contato|Last contact
location|Localização|Location
site|Página|Page
withheld|conteúdo não guardado|content not kept
edit_contact|Editar contato|Edit contact
contact|Contato|Contact
session|Sessão|Session
origins|Origens|Origins
tickets|Atendimentos|Tickets
history|Alterações|Changes
thread|Conversa|Thread
find|Buscar na conversa|Search in thread
found|{0} encontradas|{0} found
found_at|{0} de {1}|{0} of {1}
edited|editada|edited
revoked|Mensagem apagada|Message deleted
voided|sem efeito: decidido tarde demais|no effect: decided too late
origin|Origem|Origin
origin_open|Ver detalhes da origem|Show origin details
why|Por que esta origem?|Why this origin?
see_message|Ver na conversa|See in thread
filter_same|Filtrar conversas desta origem|Filter conversations of this origin
also|A mesma mensagem também mostra|The same message also shows
type|Tipo|Type
campaign|Campanha|Campaign
ad_set|Conjunto|Ad set
placement|Posicionamento|Placement
dispatched_at|Disparo|Dispatched
seen_at|Visto em|Seen
clicked|Clique|Clicked
text|Texto|Text
ad_link|Link do anúncio|Link of the ad
image|Imagem|Image
image_open|abrir imagem|open image
dashboard|Painel|Dashboard
dashboard_open|abrir no painel|open dashboard
click_id|Id do clique|Click id
copy|Copiar|Copy
copy_id|Copiar id|Copy id
copied|Copiado|Copied
rule|Regra|Rule
position|Posição|Position
message|Mensagem|Message
verdict.won|escolhida|chosen
verdict.kept|guardada|kept
verdict.seen_before|já vista|seen before
verdict.lost|descartada|set aside
customer_care|Atendimento ao cliente|Customer service
free_entry_point|Ponto de entrada gratuito|Free entry point
free.none|Sem anúncio|No ad
free.candidate|Aguarda nossa resposta|Waits for our answer
free.estimated|estimado|estimated
free.confirmed|confirmado|confirmed
free.rejected|não concedido|not granted
free.expired|encerrado|over
free_candidate|responda para abrir 72 h grátis|answer to open 72 h for free
windows.not_cloud_api|Este canal não tem janelas: o provedor não é a Cloud API.|This channel has no windows: its provider is not the Cloud API.
windows.webchat|O WebChat não tem janelas: escreva quando quiser.|WebChat has no windows: write whenever you like.
windows.group|Grupos não têm janelas.|Groups have no windows.
windows.none|Sem janelas.|No windows.
window_closed|fechada|closed
until|até {0}|until {0}
reported|informado pelo provedor|reported by the provider
way.free_form|Mensagem livre|Free-form
way.utility|Utilidade|Utility
way.marketing|Marketing|Marketing
way.authentication|Autenticação|Authentication
way.human_agent|Agente humano|Human agent
way.private_reply|Resposta privada|Private reply
not_allowed|não permitido|not allowed
free|grátis|free
charge.rate|cobrado|charged
charge.unknown|não se sabe|unknown
marketing_stopped|O cliente não quer marketing desde {0}.|The customer wants no marketing since {0}.
service_messages|{0} de {1} mensagens de serviço grátis neste mês|{0} of {1} free service messages this month
live.connecting|Conectando|Connecting
live.live|Ao vivo|Live
live.lost|Reconectando|Reconnecting
tab.|Todas|All
tab.new|Novas|New
tab.unanswered|Responder|To answer
tab.awaiting_customer|Em espera|Waiting
tab.finished|Finalizadas|Done
status.|Todas|All
status.new|Novo|New
status.unanswered|Não respondido|Unanswered
status.awaiting_customer|Aguardando cliente|Awaiting customer
status.finished|Finalizado|Finished
sure.certain|Certo|Certain
sure.likely|Provável|Likely
sure.guess|Palpite|Guess
platform_unknown|plataforma desconhecida|platform unknown
key.next|Próxima conversa|Next conversation
key.previous|Conversa anterior|Previous conversation
key.tabs|Situação: todas, novas, …|Status: all, new, …
key.note|Escrever nota|Write a note
key.side|Mostrar ou ocultar o cliente|Show or hide the customer
key.help|Atalhos do teclado|Keyboard shortcuts
key.escape|Fechar ou voltar|Close or go back
everywhere|Em qualquer página|On every page
did.ticket_claimed|{0} assumiu o atendimento|{0} claimed the ticket
did.ticket_assigned|{0} atribuiu o atendimento|{0} assigned the ticket
did.ticket_transferred|{0} transferiu o atendimento|{0} transferred the ticket
did.ticket_finished|{0} finalizou o atendimento|{0} finished the ticket
did.ticket_reopened|{0} reabriu o atendimento|{0} reopened the ticket
did.ticket_taken_over|{0} assumiu a conversa|{0} took the conversation over
did.contact_edited|{0} editou o contato|{0} edited the contact
did.stage_set|{0} mudou a etapa|{0} set the stage
did.lead_linked|{0} vinculou um lead|{0} linked a lead
did.outreach_requested|{0} pediu o envio de uma mensagem|{0} asked for a message to be sent
what.ticket|Atendimento aberto|Ticket opened
what.origin|Origem|Origin
by_itself|Automático|Automatic
what.name|Nome|Name
what.phone|Telefone|Phone
what.email|E-mail|E-mail
what.stage|Etapa|Stage
what.assignee|Responsável|Assignee
what.team|Equipe|Team
what.status|Situação|Status
what.note|Nota|Note
what.classification|Classificação|Classification
what.lead|Lead|Lead
what.outreach|Envio pedido|Asked to be sent
what.value|Valor|Value
team|Equipe|Team
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
origin.comment.instagram|Comentário Instagram|Instagram comment
origin.comment.facebook|Comentário Facebook|Facebook comment
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
type.message_received|Mensagem recebida|Message received
type.message_sent|Mensagem enviada|Message sent
type.message_status|Aviso de entrega|Delivery notice
type.referral_opened|Anúncio aberto|Ad opened
type.link_clicked|Clique em link|Link clicked
type.history_imported|Histórico importado|Imported history
type.postback|Botão|Button
type.order|Pedido|Order
type.text|Texto|Text
rule.ad.referral|a mensagem traz os dados de um anúncio
rule.ad.post|traz os dados de uma publicação impulsionada
rule.ad.card|traz um cartão que parece de anúncio, sem identificador
rule.link.click_code|o texto traz o código de um clique em um link
rule.link.forwarded_code|traz o código do clique de outra pessoa, ou antigo: vale o link
rule.link.unknown_code|traz um código válido cujo clique não foi registrado
rule.link.ref|a conversa foi aberta por um link com ref
rule.link.clicked|o cliente seguiu um link no dia anterior
rule.link.shop|a mensagem é sobre um produto da loja
rule.hashtag.first_word|o texto começa com a hashtag
rule.campaign.quote|cita uma mensagem da campanha, ou aperta um botão dela
rule.campaign.button|um botão de modelo foi apertado sem dizer de qual mensagem
rule.campaign.window|primeira mensagem dentro da janela de resposta do disparo
rule.campaign.status|resposta a uma mensagem cobrada como marketing
rule.message.sent|uma mensagem da empresa abriu a interação
rule.message.quote|cita uma mensagem da empresa
rule.message.status|resposta a uma mensagem conhecida só pelo aviso de entrega
rule.comment.received|o cliente comentou
rule.comment.private_reply|a conversa segue nossa resposta privada ao comentário
rule.takeover|um agente assumiu o atendimento
rule.organic|a mensagem abre uma interação e nada mais a explica
rule.unknown.history|o histórico importado não traz prova
rule.unknown.unsupported|o provedor retém a mensagem, e com ela a prova`;
