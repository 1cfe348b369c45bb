#include "redress/message/mime.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <gmime/gmime.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include "redress/base/limits.h"
#include "redress/message/authentication.h"
#include "redress/message/automatic.h"
#include "redress/message/charset.h"
#include "redress/message/domain.h"
#include "redress/message/mime_parts.h"
#include "redress/message/mime_scan.h"
#include "redress/message/quotes.h"

#define HEADER_NAME_MAX	 78
#define ADDRESSES_WALKED 2000 /* entries of an address list that are looked at */
#define GROUP_DEPTH_MAX	 8
#define UNREAD_BYTES_MAX (4u << 20) /* of a mail that is none, taken as text */

static void start_gmime(void)
{
	g_mime_init();
	rd_charset_init();
	rd_domain_init();
}

void rd_mime_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, start_gmime);
}

static enum rd_rc no_memory(struct rd_err *err)
{
	return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
}

/* The array over the raw bytes is GLib's, the bytes are not. */
static void free_array(GByteArray **array)
{
	if (!*array)
		return;
	(void)g_byte_array_steal(*array, NULL);
	g_byte_array_unref(*array);
}

static void unref(GMimeMessage **message)
{
	if (*message)
		g_object_unref(*message);
}

/* The tree over the raw bytes, without a copy of them; NULL where GMime cannot read it. */
static GMimeMessage *parse(GByteArray *bytes)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(bytes);
	GMimeParser *parser;
	GMimeMessage *message;

	/* Parts read through substreams, which point to the array: it outlives the message. */
	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	parser = g_mime_parser_new_with_stream(stream);
	g_mime_parser_set_persist_stream(parser, TRUE);
	message = g_mime_parser_construct_message(parser, NULL);
	g_object_unref(parser);
	g_object_unref(stream);
	return message;
}

static const char *lower_domain(const char *address, struct rd_arena *arena)
{
	const char *at = strrchr(address, '@');
	char *copy;

	if (!at || at == address || at[1] == '\0')
		return "";
	copy = rd_arena_strdup(arena, address);
	if (!copy)
		return "";
	for (char *p = copy + (at - address); *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return copy;
}

/* A usable address, or "". */
static const char *clean_address(const char *raw, struct rd_arena *arena)
{
	const char *address;

	if (!raw || strlen(raw) > RD_ADDRESS_BYTES_MAX)
		return "";
	address = rd_mime_clean(raw, RD_ADDRESS_BYTES_MAX, arena);
	for (const char *p = address; *p != '\0'; p++)
		if (*p == ' ' || *p == '<' || *p == '>' || *p == ',' || *p == ';')
			return "";
	return lower_domain(address, arena);
}

/* The next mailbox of a list, groups opened on the way. */
struct address_walk {
	InternetAddressList *lists[GROUP_DEPTH_MAX];
	int next[GROUP_DEPTH_MAX];
	int depth; /* -1: done */
	int walked;
};

static InternetAddressMailbox *next_mailbox(struct address_walk *w)
{
	while (w->depth >= 0 && w->walked < ADDRESSES_WALKED) {
		InternetAddressList *list = w->lists[w->depth];
		InternetAddress *entry;

		if (!list || w->next[w->depth] >= internet_address_list_length(list)) {
			w->depth--;
			continue;
		}
		entry = internet_address_list_get_address(list, w->next[w->depth]++);
		w->walked++;
		if (INTERNET_ADDRESS_IS_MAILBOX(entry))
			return INTERNET_ADDRESS_MAILBOX(entry);
		if (INTERNET_ADDRESS_IS_GROUP(entry) && w->depth + 1 < GROUP_DEPTH_MAX) {
			w->depth++;
			w->lists[w->depth] =
				internet_address_group_get_members(INTERNET_ADDRESS_GROUP(entry));
			w->next[w->depth] = 0;
		}
	}
	return NULL;
}

/* ret_raw: as written, for those without a domain ("MAILER-DAEMON"). */
static void read_from(GMimeMessage *mime, struct rd_message *message, const char **ret_raw,
	struct rd_arena *arena)
{
	struct address_walk w = { .lists = { g_mime_message_get_from(mime) } };
	InternetAddressMailbox *mailbox = next_mailbox(&w);

	*ret_raw = "";
	if (!mailbox)
		return;
	*ret_raw = rd_mime_clean(
		internet_address_mailbox_get_addr(mailbox), RD_ADDRESS_BYTES_MAX, arena);
	message->from.address = clean_address(internet_address_mailbox_get_addr(mailbox), arena);
	message->from.name = rd_mime_clean(
		internet_address_get_name(INTERNET_ADDRESS(mailbox)), RD_ADDRESS_BYTES_MAX, arena);
}

static void read_reply_to(GMimeMessage *mime, struct rd_message *message, struct rd_arena *arena)
{
	struct address_walk w = { .lists = { g_mime_message_get_reply_to(mime) } };
	InternetAddressMailbox *mailbox = next_mailbox(&w);

	if (mailbox)
		message->reply_to =
			clean_address(internet_address_mailbox_get_addr(mailbox), arena);
}

static bool read_recipients(GMimeMessage *mime, struct rd_message *message, struct rd_arena *arena)
{
	const char **to = rd_arena_array(arena, RD_MIME_TO_MAX, sizeof *to);
	InternetAddressList *lists[2] = { g_mime_message_get_to(mime),
		g_mime_message_get_cc(mime) };

	if (!to)
		return false;
	for (size_t i = 0; i < 2; i++) {
		struct address_walk w = { .lists = { lists[i] } };
		InternetAddressMailbox *mailbox;

		while (message->n_to < RD_MIME_TO_MAX && (mailbox = next_mailbox(&w))) {
			const char *address =
				clean_address(internet_address_mailbox_get_addr(mailbox), arena);

			if (address[0] != '\0')
				to[message->n_to++] = address;
		}
	}
	message->to = to;
	return true;
}

/* A header's value on one line: folds become a blank (RFC 5322 section 2.2.3), ends trimmed. NUL
 * cannot be in it: GMime ends a value there. */
static char *unfold(const char *raw, struct rd_arena *arena)
{
	char *value = raw ? rd_arena_strdup(arena, raw) : NULL;
	size_t n = 0;

	if (!value)
		return NULL;
	for (size_t i = 0; value[i] != '\0'; i++) {
		if (value[i] == '\r' || value[i] == '\n')
			continue;
		if ((value[i] == ' ' || value[i] == '\t') && n == 0)
			continue;
		value[n++] = value[i];
	}
	while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'))
		n--;
	value[n] = '\0';
	return value;
}

/* "=00" in an encoded word would end the decoded text early: it becomes a blank. */
static void defuse_nul(char *value)
{
	for (char *p = strstr(value, "=00"); p; p = strstr(p + 3, "=00"))
		memcpy(p, "=20", 3);
}

static void read_subject(struct rd_message *message, const char *raw, struct rd_arena *arena)
{
	char *value = unfold(raw, arena);
	char *decoded;

	if (!value)
		return;
	defuse_nul(value);
	decoded = g_mime_utils_header_decode_text(NULL, value);
	if (!decoded)
		return;
	message->trouble.text_truncated =
		message->trouble.text_truncated || strlen(decoded) > RD_SUBJECT_BYTES_MAX;
	message->subject = rd_mime_clean(decoded, RD_SUBJECT_BYTES_MAX, arena);
	message->subject_len = (uint32_t)strlen(message->subject);
	g_free(decoded);
}

/* Message-IDs between < and >, in order; those that are none are passed over. */
struct ids {
	const char **items;
	size_t n, max;
};

static void add_ids(struct ids *ids, const char *value, struct rd_arena *arena)
{
	for (const char *p = value ? strchr(value, '<') : NULL; p; p = strchr(p, '<')) {
		const char *end = strchr(++p, '>');
		const char *id = "";
		bool seen = false;

		if (!end)
			return;
		if (end > p && end - p <= RD_MESSAGE_ID_BYTES_MAX) {
			const char *raw = rd_arena_copy(arena, p, (size_t)(end - p));

			id = rd_mime_clean(raw, RD_MESSAGE_ID_BYTES_MAX, arena);
		}
		for (size_t i = 0; i < ids->n; i++)
			seen = seen || strcmp(ids->items[i], id) == 0;
		if (id[0] != '\0' && !seen) {
			if (ids->n == ids->max)
				return;
			ids->items[ids->n++] = id;
		}
		p = end;
	}
}

/* In-Reply-To, then References; of very long ones the last, which are the nearest in the thread. */
static bool read_references(struct rd_message *message, const char *in_reply_to,
	const char *references, struct rd_arena *arena)
{
	struct ids ids = { .max = RD_REFERENCES_MAX };
	const char *from = references;

	ids.items = rd_arena_array(arena, RD_REFERENCES_MAX, sizeof *ids.items);
	if (!ids.items)
		return false;
	add_ids(&ids, in_reply_to, arena);
	if (references) {
		size_t n = 0, room = ids.max - ids.n;

		for (const char *p = references; *p != '\0'; p++)
			n += *p == '<';
		for (; n > room && *from != '\0'; from++)
			n -= *from == '<';
		add_ids(&ids, from, arena);
	}
	message->references = ids.items;
	message->n_references = ids.n;
	return true;
}

static void read_message_id(struct rd_message *message, const char *value, struct rd_arena *arena)
{
	const char *id[1] = { NULL };
	struct ids ids = { .items = id, .max = 1 };

	add_ids(&ids, value, arena);
	if (ids.n == 1)
		message->message_id = id[0];
	else if (value && value[0] != '\0' && !strchr(value, '<'))
		message->message_id = rd_mime_clean(value, RD_MESSAGE_ID_BYTES_MAX, arena);
}

/* First of its name. */
struct heads {
	const char *subject_raw, *message_id, *date, *in_reply_to, *references, *return_path,
		*failed;
	struct rd_result_header *results;
	size_t n_results;
	int last_result; /* its place among the headers */
};

static void add_result(struct heads *heads, const char *value, int at)
{
	if (heads->results == NULL || heads->n_results == RD_RESULT_HEADERS_MAX)
		return;
	heads->results[heads->n_results++] = (struct rd_result_header){ .value = value,
		.follows = heads->n_results > 0 && heads->last_result == at - 1 };
	heads->last_result = at;
}

static void read_headers(
	GMimeMessage *mime, struct rd_message *message, struct heads *heads, struct rd_arena *arena)
{
	GMimeHeaderList *list = g_mime_object_get_header_list(GMIME_OBJECT(mime));
	int n = g_mime_header_list_get_count(list);

	heads->results = rd_arena_array(arena, RD_RESULT_HEADERS_MAX, sizeof *heads->results);
	for (int i = 0; i < n && i < RD_MIME_HEADERS_MAX; i++) {
		GMimeHeader *header = g_mime_header_list_get_header_at(list, i);
		const char *name = g_mime_header_get_name(header);
		const char *raw = g_mime_header_get_raw_value(header);
		const char *value;
		const struct {
			const char *name;
			const char **where;
		} wanted[] = { { "Message-ID", &heads->message_id }, { "Date", &heads->date },
			{ "In-Reply-To", &heads->in_reply_to },
			{ "References", &heads->references },
			{ "Return-Path", &heads->return_path },
			{ "X-Failed-Recipients", &heads->failed } };

		if (!name || strlen(name) > HEADER_NAME_MAX)
			continue;
		if (strcasecmp(name, "Subject") == 0) {
			if (!heads->subject_raw)
				heads->subject_raw = raw;
			continue;
		}
		value = unfold(raw, arena);
		if (!value)
			continue;
		value = rd_mime_clean(value, RD_MIME_HEADER_BYTES_MAX, arena);
		for (size_t k = 0; k < sizeof wanted / sizeof wanted[0]; k++)
			if (strcasecmp(name, wanted[k].name) == 0 && !*wanted[k].where)
				*wanted[k].where = value;
		if (strcasecmp(name, "Authentication-Results") == 0)
			add_result(heads, value, i);
		rd_automatic_header(&message->automatic, name, value, arena);
	}
}

/* RFC 5321 section 4.4: <path>, <> for the null path; some write it bare. */
static void read_return_path(struct rd_message *message, const char *value, struct rd_arena *arena)
{
	const char *open = value ? strchr(value, '<') : NULL;
	const char *close = open ? strchr(open, '>') : NULL;

	if (!value)
		return;
	if (open && close) {
		char *path = rd_arena_copy(arena, open + 1, (size_t)(close - open) - 1);

		message->automatic.null_return_path = path && path[strspn(path, " \t")] == '\0';
		message->return_path = clean_address(path, arena);
	} else {
		message->return_path = clean_address(value, arena);
	}
}

static void hash_field(gnutls_hash_hd_t hash, const char *data, size_t len)
{
	char size[32];
	int n = snprintf(size, sizeof size, "%zu:", len);

	/* the length first: no two sets of fields run into one another */
	RD_ASSERT(n > 0 && gnutls_hash(hash, size, (size_t)n) == 0);
	if (len > 0)
		RD_ASSERT(gnutls_hash(hash, data, len) == 0);
}

static void hash_from(gnutls_hash_hd_t hash, const struct rd_message *message, const char *from_raw)
{
	const char *from = message->from.address[0] != '\0' ? message->from.address : from_raw;

	hash_field(hash, from, strlen(from));
}

/* The same words, whatever a mailbox made of their line ends and trailing blanks. */
static void hash_body(gnutls_hash_hd_t hash, const char *body, size_t len)
{
	size_t blank_lines = 0;

	for (size_t at = 0; at < len;) {
		const char *line = body + at;
		const char *end = memchr(line, '\n', len - at);
		size_t n = end ? (size_t)(end - line) : len - at;

		at += n + (end ? 1 : 0);
		while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'))
			n--;
		if (n == 0) {
			blank_lines++;
			continue;
		}
		for (; blank_lines > 0; blank_lines--)
			RD_ASSERT(gnutls_hash(hash, "\n", 1) == 0);
		RD_ASSERT(gnutls_hash(hash, line, n) == 0 && gnutls_hash(hash, "\n", 1) == 0);
	}
}

/* The attached mails count by the hashes of their parts: what is made of them for reading does not.
 */
static void set_keys(struct rd_message *message, const char *from_raw, size_t own_len)
{
	uint8_t header_key[RD_SHA256_BYTES];
	gnutls_hash_hd_t hash;
	const char *id = message->message_id;

	RD_ASSERT(gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) == 0);
	hash_field(hash, id, strlen(id));
	hash_from(hash, message, from_raw);
	hash_field(hash, message->date_header, strlen(message->date_header));
	gnutls_hash_output(hash, header_key); /* and begins anew */
	if (id[0] != '\0')
		memcpy(message->header_key, header_key, sizeof header_key);

	hash_field(hash, "content", strlen("content"));
	hash_field(hash, id, strlen(id));
	hash_from(hash, message, from_raw);
	hash_field(hash, message->date_header, strlen(message->date_header));
	if (id[0] == '\0') {
		for (size_t i = 0; i < message->n_to; i++)
			hash_field(hash, message->to[i], strlen(message->to[i]));
		hash_field(hash, message->subject, message->subject_len);
	}
	for (size_t i = 0; i < message->n_parts; i++)
		hash_field(hash, (const char *)message->parts[i].sha256, RD_SHA256_BYTES);
	hash_body(hash, message->body, own_len);
	gnutls_hash_deinit(hash, message->content_key);
}

static bool has_readable(const struct rd_message *message)
{
	for (uint32_t i = 0; i < message->body_len; i++) {
		unsigned char c = (unsigned char)message->body[i];

		if (isalnum(c) || c >= 0xC3) /* C2 alone begins the no-break space */
			return true;
	}
	return false;
}

static enum rd_rc mark_body(struct rd_message *message, const struct rd_span *given, size_t n_given,
	struct rd_arena *arena, struct rd_err *err)
{
	const struct rd_unmarked mail = { .subject = message->subject,
		.body = message->body,
		.len = message->body_len,
		.given = given,
		.n_given = n_given };
	struct rd_marked marked = { 0 };
	uint64_t n_scored = 0;

	RD_TRY(rd_quotes_mark(&mail, arena, &marked, err));
	message->spans = marked.spans;
	message->n_spans = marked.n_spans;
	message->nothing_new = marked.nothing_new;
	message->forwarded = marked.forwarded;
	message->n_forwarded = marked.n_forwarded;
	for (size_t i = 0; i < marked.n_spans; i++)
		if (marked.nothing_new || marked.spans[i].kind == RD_SPAN_NEW)
			n_scored += marked.spans[i].to - marked.spans[i].from;
	if (n_scored > RD_SCORED_BYTES_MAX)
		message->trouble.text_truncated = true;
	message->trouble.no_text = !has_readable(message);
	return RD_OK;
}

/* What is no mail at all is read as it stands. */
static enum rd_rc read_as_text(const char *raw, size_t len, struct rd_message *message,
	struct rd_arena *arena, struct rd_err *err)
{
	struct rd_decoded decoded = { 0 };
	size_t look = len < UNREAD_BYTES_MAX ? len : UNREAD_BYTES_MAX;

	message->trouble.unparseable = true;
	RD_TRY(rd_charset_decode(raw, look, NULL, RD_TEXT_BYTES_MAX, arena, &decoded, err));
	message->trouble.bad_charset = decoded.doubtful;
	message->trouble.text_truncated = decoded.truncated || look < len;
	message->body = decoded.text;
	message->body_len = (uint32_t)decoded.len;
	return mark_body(message, NULL, 0, arena, err);
}

static enum rd_rc read_mail(GMimeMessage *mime, struct rd_message *message, const char **ret_from,
	size_t *ret_own_len, struct rd_arena *arena, struct rd_err *err)
{
	struct rd_mime_body body = { 0 };
	struct heads heads = { 0 };
	bool room;

	read_headers(mime, message, &heads, arena);
	read_from(mime, message, ret_from, arena);
	read_reply_to(mime, message, arena);
	room = read_recipients(mime, message, arena);
	read_subject(message, heads.subject_raw, arena);
	read_message_id(message, heads.message_id, arena);
	read_return_path(message, heads.return_path, arena);
	message->results = heads.results;
	message->n_results = heads.n_results;
	message->authentication =
		rd_authentication_of(heads.results, heads.n_results, NULL, message->from.address);
	if (heads.date)
		message->date_header = heads.date;
	room = read_references(message, heads.in_reply_to, heads.references, arena) && room;
	if (!room)
		return no_memory(err);
	RD_TRY(rd_mime_body(g_mime_message_get_mime_part(mime), arena, &body, err));
	message->body = body.text;
	message->body_len = (uint32_t)body.len;
	*ret_own_len = body.own_len;
	message->parts = body.parts;
	message->n_parts = body.n_parts;
	message->trouble.bad_charset = body.trouble.bad_charset;
	message->trouble.text_truncated |= body.trouble.text_truncated;
	message->trouble.too_many_parts |= body.trouble.too_many_parts;
	message->trouble.encrypted = body.trouble.encrypted;
	rd_automatic_finish(&message->automatic, *ret_from, message->return_path, message->subject);
	RD_TRY(rd_mime_report_finish(
		body.report, message, body.own_len, heads.failed ? heads.failed : "", arena, err));
	return mark_body(message, body.given, body.n_given, arena, err);
}

enum rd_rc rd_mime_parse(const void *raw, size_t len, bool cut, struct rd_arena *arena,
	struct rd_message *ret_message, struct rd_err *err)
{
	RD_CLEANUP(rd_scanned_free) struct rd_scanned scanned = { 0 };
	/* cleanups run last to first: the message, the array, the bytes */
	RD_CLEANUP(free_array) GByteArray *bytes = NULL;
	RD_CLEANUP(unref) GMimeMessage *mime = NULL;
	struct rd_message message = { .channel = RD_CHANNEL_EMAIL,
		.subject = "",
		.body = "",
		.from = { "", "" },
		.return_path = "",
		.message_id = "",
		.date_header = "",
		.reply_to = "",
		.automatic = { .own_loop = "" },
		.bounce = { .code = "", .why = "", .subject = "" },
		.trouble = { .cut = cut } };
	const char *from_raw = "";
	size_t own_len = 0;

	rd_mime_scan(raw, len, &scanned);
	message.trouble.too_many_parts = scanned.capped;
	if (scanned.len > 0) {
		bytes = g_byte_array_new_take((guint8 *)(uintptr_t)scanned.data, scanned.len);
		mime = parse(bytes);
	}
	if (mime && g_mime_header_list_get_count(
			    g_mime_object_get_header_list(GMIME_OBJECT(mime))) == 0) {
		g_object_unref(mime);
		mime = NULL;
	}
	if (mime) {
		RD_TRY(read_mail(mime, &message, &from_raw, &own_len, arena, err));
	} else {
		RD_TRY(read_as_text(raw, len, &message, arena, err));
		own_len = message.body_len;
	}
	set_keys(&message, from_raw, own_len);
	if (rd_arena_overflowed(arena))
		return no_memory(err);
	*ret_message = message;
	return RD_OK;
}
