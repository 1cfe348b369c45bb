#include "redress/message/quote_headers.h"

#include <string.h>

#define BLOCK_LINES	    10 /* looked at behind From: */
#define HEADER_NAME_MAX	    40
#define DIVIDER_BYTES_MAX   160
#define DASHES_MIN	    2
#define RULE_MIN	    5
#define RUN_TOGETHER_MAX    600 /* of a block on one line */
#define UNKNOWN_LINES	    8
#define UNKNOWN_HEADERS_MIN 3

/* NULL-ended, and so below. */
static const char *const from_names[] = { "From", "Oddi wrth", "Gan", "Von", "De", "De la", "Da",
	"Van", "Od", "Fra", "Från", "Expéditeur", "Absender", "Mittente", "Remetente", "Remitente",
	"Nadawca", "Afzender", "Lähettäjä", "Kimden", "Gönderen", "От", "Від", "Nuo", "No",
	"Feladó", "Από", "Nga", "من", "منجانب", "发件人", "寄件者", NULL };
static const char *const sent_names[] = { "Sent", "Date", "Sent on", "Date sent", "Anfonwyd",
	"Dyddiad", "Gesendet", "Datum", "Envoyé", "Envoyé le", "Enviado", "Enviado el",
	"Enviado em", "Enviada", "Enviada em", "Fecha", "Inviato", "Data", "Verzonden", "Wysłano",
	"Wysłane", "Trimis", "Trimis la", "Dată", "Skickat", "Sendt", "Dato", "Lähetetty",
	"Päivämäärä", "Gönderildi", "Gönderilme Tarihi", "Tarih", "Отправлено", "Дата", "Надіслано",
	"Išsiųsta", "Nosūtīts", "Elküldve", "Dátum", "Odesláno", "Odoslané", "Poslano", "Изпратено",
	"Στάλθηκε", "Ημερομηνία", "تم الإرسال", "التاريخ", "发送时间", "日期", NULL };
static const char *const to_names[] = { "To", "At", "An", "À", "A", "Para", "Aan", "Do", "Către",
	"Catre", "Till", "Til", "Destinataire", "Destinatario", "Destinatário", "Empfänger",
	"Ontvanger", "Adresat", "Vastaanottaja", "Kime", "Alıcı", "Кому", "Kam", "Címzett", "Komu",
	"До", "Προς", "Për", "إلى", "收件人", NULL };
static const char *const subject_names[] = { "Subject", "Pwnc", "Testun", "Betreff", "Objet",
	"Sujet", "Asunto", "Assunto", "Oggetto", "Onderwerp", "Temat", "Subiect", "Ämne", "Emne",
	"Aihe", "Konu", "Тема", "Tema", "Temats", "Tárgy", "Předmět", "Predmet", "Относно", "Θέμα",
	"Subjekti", "الموضوع", "主题", "主旨", NULL };
static const char *const other_names[] = { "Cc", "Bcc", "Copy", "Copi", "Kopie", "Kopia", "Copie",
	"Copia", "Cópia", "Reply-To", "Reply To", "Importance", "Priority", "Attachments",
	"Attachment", "Anlagen", "Pièces jointes", "Resent-From", "Message-ID", "Categories",
	NULL };

/* "FW: boiler": by language, and as the programs shorten it. */
static const char *const forward_prefixes[] = { "FW", "Fwd", "Forward", "WG", "WTR", "TR", "RV",
	"I", "ENC", "Doorst", "PD", "VS", "VB", "VL", "Vidarebef", "Trs", "Redir", "Redirecționat",
	"Ymlaen", "YML", "İLT", "ILT", "ПЕРЕСЛ", "Přep", "Továb", "Πρθ", "ΠΡΘ", "إعادة توجيه",
	"转发", "轉寄", NULL };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Text of mail programs that divides mails; whole between two rows of dashes. */
static const struct {
	const char *words;
	enum rd_earlier earlier;
} dividers[] = {
	{ "Original Message", RD_EARLIER_ORIGINAL },
	{ "Original Appointment", RD_EARLIER_ORIGINAL },
	{ "Reply message", RD_EARLIER_ORIGINAL },
	{ "Neges wreiddiol", RD_EARLIER_ORIGINAL },
	{ "Ursprüngliche Nachricht", RD_EARLIER_ORIGINAL },
	{ "Originalnachricht", RD_EARLIER_ORIGINAL },
	{ "Message d'origine", RD_EARLIER_ORIGINAL },
	{ "Message d’origine", RD_EARLIER_ORIGINAL },
	{ "Message original", RD_EARLIER_ORIGINAL },
	{ "Mensaje original", RD_EARLIER_ORIGINAL },
	{ "Messaggio originale", RD_EARLIER_ORIGINAL },
	{ "Mensagem original", RD_EARLIER_ORIGINAL },
	{ "Oorspronkelijk bericht", RD_EARLIER_ORIGINAL },
	{ "Wiadomość oryginalna", RD_EARLIER_ORIGINAL },
	{ "Oryginalna wiadomość", RD_EARLIER_ORIGINAL },
	{ "Wiadomość pierwotna", RD_EARLIER_ORIGINAL },
	{ "Mesaj original", RD_EARLIER_ORIGINAL },
	{ "Mesajul original", RD_EARLIER_ORIGINAL },
	{ "Ursprungligt meddelande", RD_EARLIER_ORIGINAL },
	{ "Oprindelig meddelelse", RD_EARLIER_ORIGINAL },
	{ "Opprinnelig melding", RD_EARLIER_ORIGINAL },
	{ "Alkuperäinen viesti", RD_EARLIER_ORIGINAL },
	{ "Orijinal mesaj", RD_EARLIER_ORIGINAL },
	{ "Özgün ileti", RD_EARLIER_ORIGINAL },
	{ "Исходное сообщение", RD_EARLIER_ORIGINAL },
	{ "Оригінальне повідомлення", RD_EARLIER_ORIGINAL },
	{ "Eredeti üzenet", RD_EARLIER_ORIGINAL },
	{ "Původní zpráva", RD_EARLIER_ORIGINAL },
	{ "Originali žinutė", RD_EARLIER_ORIGINAL },
	{ "Αρχικό μήνυμα", RD_EARLIER_ORIGINAL },
	{ "الرسالة الأصلية", RD_EARLIER_ORIGINAL },
	{ "原始邮件", RD_EARLIER_ORIGINAL },
	{ "Forwarded message", RD_EARLIER_FORWARDED },
	{ "Forwarded mail", RD_EARLIER_FORWARDED },
	{ "Forwarded by", RD_EARLIER_FORWARDED },
	{ "Attached message", RD_EARLIER_FORWARDED },
	{ "Neges wedi'i hanfon ymlaen", RD_EARLIER_FORWARDED },
	{ "Neges wedi’i hanfon ymlaen", RD_EARLIER_FORWARDED },
	{ "Neges wedi'i blaenyrru", RD_EARLIER_FORWARDED },
	{ "Neges a anfonwyd ymlaen", RD_EARLIER_FORWARDED },
	{ "Weitergeleitete Nachricht", RD_EARLIER_FORWARDED },
	{ "Message transféré", RD_EARLIER_FORWARDED },
	{ "Mensaje reenviado", RD_EARLIER_FORWARDED },
	{ "Messaggio inoltrato", RD_EARLIER_FORWARDED },
	{ "Mensagem encaminhada", RD_EARLIER_FORWARDED },
	{ "Mensagem reencaminhada", RD_EARLIER_FORWARDED },
	{ "Doorgestuurd bericht", RD_EARLIER_FORWARDED },
	{ "Przekazana wiadomość", RD_EARLIER_FORWARDED },
	{ "Wiadomość przekazana", RD_EARLIER_FORWARDED },
	{ "Treść przekazanej wiadomości", RD_EARLIER_FORWARDED },
	{ "Mesaj redirecționat", RD_EARLIER_FORWARDED },
	{ "Mesaj redirecţionat", RD_EARLIER_FORWARDED },
	{ "Mesaj transmis", RD_EARLIER_FORWARDED },
	{ "Vidarebefordrat meddelande", RD_EARLIER_FORWARDED },
	{ "Videresendt meddelelse", RD_EARLIER_FORWARDED },
	{ "Videresendt melding", RD_EARLIER_FORWARDED },
	{ "Välitetty viesti", RD_EARLIER_FORWARDED },
	{ "Yönlendirilmiş ileti", RD_EARLIER_FORWARDED },
	{ "Пересылаемое сообщение", RD_EARLIER_FORWARDED },
	{ "Переслане повідомлення", RD_EARLIER_FORWARDED },
	{ "Továbbított üzenet", RD_EARLIER_FORWARDED },
	{ "Přeposlaná zpráva", RD_EARLIER_FORWARDED },
	{ "Persiųstas laiškas", RD_EARLIER_FORWARDED },
	{ "Προωθημένο μήνυμα", RD_EARLIER_FORWARDED },
	{ "رسالة معاد توجيهها", RD_EARLIER_FORWARDED },
	{ "转发的邮件", RD_EARLIER_FORWARDED },
};

/* Apple's, a line of its own without dashes. */
static const char *const apple_dividers[] = { "Begin forwarded message:",
	"Dechrau'r neges a anfonwyd ymlaen:", "Dechrau neges a anfonwyd ymlaen:",
	"Anfang der weitergeleiteten Nachricht:", "Début du message réexpédié",
	"Début du message transféré", "Inicio del mensaje reenviado:",
	"Inizio messaggio inoltrato:", "Início da mensagem reenviada:",
	"Início da mensagem encaminhada:", "Begin doorgestuurd bericht:",
	"Początek przekazywanej wiadomości:", "Începutul mesajului redirecționat:",
	"Vidarebefordrat brev:", "Start på videresendt besked:", "Videresendt melding:",
	"Välitetty viesti alkaa:", "Начало переадресованного сообщения:",
	"İletilmiş mesajın başlangıcı:", "Továbbított üzenet eleje:" };

static bool is_dash(const char *text, size_t len, size_t *ret_len)
{
	*ret_len = 1;
	if (len > 0 && (*text == '-' || *text == '_' || *text == '=' || *text == '*'))
		return true;
	*ret_len = 3; /* dashes of other widths */
	return len >= 3 && memcmp(text, "\xE2\x80", 2) == 0 && (unsigned char)text[2] >= 0x90 &&
	       (unsigned char)text[2] <= 0x95;
}

static size_t skip_dashes(const char **text, size_t *len)
{
	size_t n = 0, step;

	while (is_dash(*text, *len, &step)) {
		*text += step;
		*len -= step;
		n++;
	}
	return n;
}

static void skip_blanks(const char **text, size_t *len)
{
	size_t n;

	while ((n = rd_text_blank(*text, *len)) > 0) {
		*text += n;
		*len -= n;
	}
}

/* What stands behind the words of a divider: dashes, or nothing; behind "Forwarded by" and
 * "Forwarded message from" also who and when, and dashes. */
static bool ends_divider(const char *text, size_t len, bool may_name)
{
	size_t n_dashes = 0, tail;
	bool date, time;

	if (len > 0 && *text == ':') {
		text++;
		len--;
	}
	skip_blanks(&text, &len);
	if (len == 0)
		return true;
	tail = len;
	while (tail > 0 &&
		(text[tail - 1] == '-' || text[tail - 1] == '=' || text[tail - 1] == '_')) {
		tail--;
		n_dashes++;
	}
	if (tail == 0)
		return true;
	if (!may_name) {
		/* dashes of another width */
		skip_dashes(&text, &len);
		return len == 0;
	}
	rd_text_dates(text, len, &date, &time);
	return n_dashes >= DASHES_MIN || (date && time) || memchr(text, '@', len) != NULL;
}

static enum rd_earlier read_divider(const struct rd_quote_line *line)
{
	const char *text = line->text;
	size_t len = line->len;

	for (size_t i = 0; i < sizeof apple_dividers / sizeof apple_dividers[0]; i++)
		if (rd_text_starts(text, len, apple_dividers[i]) &&
			len < strlen(apple_dividers[i]) + 4)
			return RD_EARLIER_FORWARDED;
	if (len > DIVIDER_BYTES_MAX || skip_dashes(&text, &len) < DASHES_MIN)
		return RD_EARLIER_NOT;
	skip_blanks(&text, &len);
	for (size_t i = 0; i < sizeof dividers / sizeof dividers[0]; i++) {
		size_t n = strlen(dividers[i].words);
		bool may_name = dividers[i].earlier == RD_EARLIER_FORWARDED;

		if (rd_text_starts(text, len, dividers[i].words) &&
			ends_divider(text + n, len - n, may_name))
			return dividers[i].earlier;
	}
	return RD_EARLIER_NOT;
}

/* ">>> Repairs <repairs@example.org> 03/11/2026 10:12 >>>" */
static bool is_groupwise(const struct rd_quote_line *line)
{
	bool date, time;

	if (line->len < 20 || line->len > DIVIDER_BYTES_MAX ||
		!rd_text_starts(line->text, line->len, ">>> ") ||
		memcmp(line->text + line->len - 3, ">>>", 3) != 0)
		return false;
	rd_text_dates(line->text, line->len, &date, &time);
	return date && time;
}

bool rd_line_ends_forwarded(const struct rd_quote_line *line)
{
	const char *text = line->text;
	size_t len = line->len;

	if (len > DIVIDER_BYTES_MAX || skip_dashes(&text, &len) < DASHES_MIN)
		return false;
	skip_blanks(&text, &len);
	return (rd_text_starts(text, len, "End forwarded message") ||
		       rd_text_starts(text, len, "End of forwarded message")) &&
	       len < 40;
}

bool rd_line_is_rule(const struct rd_quote_line *line)
{
	for (size_t i = 0; i < line->len; i++)
		if (line->text[i] != '_')
			return false;
	return line->len >= RULE_MIN;
}

/* What makes a name bold where HTML became text: *From:* or **From:**, |From:. */
static size_t skip_marks(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && (text[n] == '*' || text[n] == '|'))
		n++;
	while (n < len && text[n] == ' ')
		n++;
	return n;
}

/* One of the names, and a colon: *ret_len of both, with the marks around them; 0 where it is none.
 */
static size_t match_name(const char *text, size_t len, const char *const *names)
{
	size_t start = skip_marks(text, len);

	for (size_t i = 0; names[i]; i++) {
		size_t n = strlen(names[i]);

		if (!rd_text_starts(text + start, len - start, names[i]))
			continue;
		n += start;
		while (n < len && (text[n] == '*' || rd_text_blank(text + n, len - n) > 0))
			n += text[n] == '*' ? 1 : rd_text_blank(text + n, len - n);
		if (n < len && text[n] == ':')
			return n + 1;
		if (len - n >= 3 && memcmp(text + n, "：", 3) == 0)
			return n + 3;
	}
	return 0;
}

enum rd_header_line rd_line_header(
	const struct rd_quote_line *line, const char **ret_value, size_t *ret_len)
{
	enum rd_header_line header = RD_HEADER_OTHER;
	const char *value;
	size_t n, len;

	if ((n = match_name(line->text, line->len, from_names)) > 0)
		header = RD_HEADER_FROM;
	else if ((n = match_name(line->text, line->len, subject_names)) > 0)
		header = RD_HEADER_SUBJECT;
	else if ((n = match_name(line->text, line->len, sent_names)) == 0 &&
		 (n = match_name(line->text, line->len, to_names)) == 0 &&
		 (n = match_name(line->text, line->len, other_names)) == 0)
		return RD_HEADER_NOT;
	value = line->text + n;
	len = line->len - n;
	while (len > 0 && (*value == '*' || *value == '|')) {
		value++;
		len--;
	}
	skip_blanks(&value, &len);
	*ret_value = value;
	*ret_len = len;
	return header;
}

/* From: ... Sent: ... To: ... Subject: ... in one line, as it is where line breaks were lost. */
static bool is_run_together(const struct rd_quote_line *line)
{
	const char *const *const all[] = { sent_names, to_names, subject_names };
	size_t len = line->len < RUN_TOGETHER_MAX ? line->len : RUN_TOGETHER_MAX;
	bool seen[3] = { false };

	for (size_t i = 1; i < len; i++) {
		if (line->text[i - 1] != ' ')
			continue;
		for (size_t k = 0; k < 3; k++)
			if (!seen[k] && match_name(line->text + i, len - i, all[k]) > 0)
				seen[k] = true;
	}
	return seen[0] && seen[1] && seen[2];
}

/* From: ... with at least two of Sent, To and Subject in the lines behind it, and the marks of a
 * program: an address, or the time of sending. */
static bool is_block(const struct rd_body *body, const struct rd_quote_line *line, unsigned depth)
{
	struct rd_quote_line next = rd_line_unquoted(line, depth);
	bool sent = false, to = false, subject = false, program;

	if (match_name(next.text, next.len, from_names) == 0)
		return false;
	program = memchr(next.text, '@', next.len) != NULL;
	if (program && is_run_together(&next))
		return true;
	for (int i = 0; i < BLOCK_LINES && next.next < body->len; i++) {
		bool is_sent, is_to, date, time;

		next = rd_line_at(body, next.next);
		if (next.len > 0 && rd_line_depth(&next) < depth)
			break;
		next = rd_line_unquoted(&next, depth);
		if (match_name(next.text, next.len, from_names) > 0)
			break; /* the next mail's */
		is_sent = match_name(next.text, next.len, sent_names) > 0;
		is_to = match_name(next.text, next.len, to_names) > 0;
		if (is_sent) {
			rd_text_dates(next.text, next.len, &date, &time);
			program = program || time;
		}
		program = program || (is_to && memchr(next.text, '@', next.len) != NULL);
		sent = sent || is_sent;
		to = to || is_to;
		subject = subject || match_name(next.text, next.len, subject_names) > 0;
	}
	return program && sent + to + subject >= 2;
}

enum rd_earlier rd_line_earlier(
	const struct rd_body *body, const struct rd_quote_line *line, unsigned depth)
{
	struct rd_quote_line bare = rd_line_unquoted(line, depth);
	enum rd_earlier earlier;

	if (bare.len == 0)
		return RD_EARLIER_NOT;
	if (depth == 0 && is_groupwise(line))
		return RD_EARLIER_ORIGINAL;
	earlier = read_divider(&bare);
	if (earlier != RD_EARLIER_NOT)
		return earlier;
	if (is_block(body, line, depth))
		return RD_EARLIER_BLOCK;
	if (rd_line_is_rule(&bare)) {
		struct rd_quote_line next;

		if (rd_line_not_blank(body, line->next, 2, &next) &&
			rd_line_depth(&next) >= depth && is_block(body, &next, depth))
			return RD_EARLIER_BLOCK;
	}
	return RD_EARLIER_NOT;
}

/* "Word: value", the word short and without figures. */
static bool is_unknown_header(const struct rd_quote_line *line)
{
	size_t start = skip_marks(line->text, line->len), n = start;

	while (n < line->len && n - start < HEADER_NAME_MAX && line->text[n] != ':' &&
		!is_digit(line->text[n]))
		n++;
	return n > start && n < line->len && line->text[n] == ':' &&
	       rd_text_words(line->text + start, n - start) <= 3;
}

bool rd_lines_look_like_headers(const char *text, size_t len)
{
	const struct rd_body body = { .text = text, .len = (uint32_t)len };
	bool address = false, dated = false, date, time;
	int n_headers = 0;
	uint32_t at = 0;

	for (int i = 0; i < UNKNOWN_LINES && at < body.len; i++) {
		struct rd_quote_line line = rd_line_at(&body, at);

		at = line.next;
		if (line.len == 0)
			continue;
		if (!is_unknown_header(&line))
			break;
		n_headers++;
		rd_text_dates(line.text, line.len, &date, &time);
		address = address || memchr(line.text, '@', line.len) != NULL;
		dated = dated || (date && time);
	}
	return n_headers >= UNKNOWN_HEADERS_MIN && (address || dated);
}

bool rd_subject_forwards(const char *subject, size_t len)
{
	skip_blanks(&subject, &len);
	/* "[EXTERNAL] FW: boiler", as mail servers write before it */
	while (len > 0 && *subject == '[') {
		const char *end = memchr(subject, ']', len);

		if (!end)
			return false;
		len -= (size_t)(end + 1 - subject);
		subject = end + 1;
		skip_blanks(&subject, &len);
	}
	for (size_t i = 0; forward_prefixes[i]; i++) {
		size_t n = strlen(forward_prefixes[i]);

		if (!rd_text_starts(subject, len, forward_prefixes[i]))
			continue;
		/* "FW:", "Fwd :", "FW[2]:" */
		if (n < len && subject[n] == '[') {
			const char *end = memchr(subject + n, ']', len - n);

			n = end ? (size_t)(end + 1 - subject) : len;
		}
		while (n < len && subject[n] == ' ')
			n++;
		if (n < len && (subject[n] == ':' || rd_text_starts(subject + n, len - n, "：")))
			return true;
	}
	return false;
}
