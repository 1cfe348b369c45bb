#include "redress/wire/providers/esendex_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redress/base/limits.h"
#include "redress/message/sms.h"
#include "redress/wire/providers/encode.h"
#include "redress/wire/providers/xml.h"

#define CLOCK_SKEW_MS (2 * 60 * 1000)
#define PAGE	      100
#define INDEX_MAX     10000000
#define XML_TYPE      "application/xml"
#define HEADER	      "messageheaders/messageheader"
#define BODY_TEXT     "messagebody/bodytext"

/* One messageheader, read as its items go by. */
struct header {
	const char *id, *at, *from, *to, *summary, *body_url;
};

static void authorise(const struct rd_provider_account *account, struct rd_http_request *request)
{
	request->user = account->user;
	request->password = account->api_key;
	request->accept = XML_TYPE;
}

/* A page of our own account alone: the credentials never go to a host that an answer names. */
static const char *at_our_host(
	const struct rd_provider_account *account, const char *url, struct rd_arena *arena)
{
	const char *path = strstr(url, "/v1.0/");
	return path ? rd_arena_printf(arena, "%s%s", account->api_url, path) : NULL;
}

/* ---- sending ---- */

enum rd_rc rd_esendex_build_send(const struct rd_provider_account *account,
	const struct rd_provider_send *send, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err)
{
	const char *words = rd_xml_escape(arena, send->body);
	const char *reference = rd_xml_escape(arena, account->account);
	const char *to = rd_xml_escape(arena, rd_provider_bare(send->to));
	const char *body = rd_arena_printf(arena,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
		"<messages xmlns=\"http://api.esendex.com/ns/\"><accountreference>%s"
		"</accountreference><message><to>%s</to><body>%s</body></message></messages>",
		reference ? reference : "", to ? to : "", words ? words : "");
	struct rd_http_request request = {
		.method = "POST",
		.url = rd_arena_printf(arena, "%s/v1.0/messagedispatcher", account->api_url),
		.content_type = XML_TYPE,
		.body = body,
		.body_len = body ? strlen(body) : 0,
	};
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the text is too large to send");
	authorise(account, &request);
	*ret_request = request;
	return RD_OK;
}

void rd_esendex_read_sent(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const struct rd_http_response *response,
	struct rd_arena *arena, struct rd_provider_sent *ret_sent)
{
	(void)account;
	(void)send;
	struct rd_provider_sent sent = {
		.outcome = RD_SEND_UNCERTAIN, .id = "", .body = "", .template_id = ""
	};
	struct rd_xml xml = { 0 };
	struct rd_err err = { 0 };
	long status = response->status;
	snprintf(sent.response, sizeof sent.response, "HTTP %ld", status);
	if (status >= 200 && status < 300) {
		const char *id = "";
		if (rd_xml_read(rd_buf_str(&response->body), response->body.len, arena, &xml,
			    &err) == RD_OK)
			id = rd_xml_value(&xml, HEADER "@id");
		if (rd_provider_id_good(id)) {
			sent.outcome = RD_SEND_DONE;
			sent.id = id;
			snprintf(sent.response, sizeof sent.response, "HTTP %ld %.40s", status, id);
		}
	} else if (status == 429) {
		sent.outcome = RD_SEND_AGAIN;
		sent.wait_ms = response->retry_after_s * 1000;
	} else if ((status >= 401 && status <= 404) || (status >= 300 && status < 400)) {
		sent.outcome = RD_SEND_AGAIN;
		sent.ours = true;
	} else if (status >= 400 && status < 500) {
		sent.outcome = RD_SEND_REFUSED;
	}
	*ret_sent = sent;
}

/* ---- headers ---- */

static void take_item(struct header *header, const struct rd_xml_item *item)
{
	const char *name = item->path + sizeof HEADER - 1;
	if (strcmp(name, "@id") == 0)
		header->id = item->value;
	else if (strcmp(name, "/receivedat") == 0 || strcmp(name, "/submittedat") == 0)
		header->at = item->value;
	else if (strcmp(name, "/from/phonenumber") == 0)
		header->from = item->value;
	else if (strcmp(name, "/to/phonenumber") == 0)
		header->to = item->value;
	else if (strcmp(name, "/summary") == 0)
		header->summary = item->value;
	else if (strcmp(name, "/body@uri") == 0)
		header->body_url = item->value;
}

/* The next header from *at on; false: no more. */
static bool next_header(const struct rd_xml *xml, size_t *at, struct header *ret_header)
{
	struct header header = { .at = "", .from = "", .to = "", .summary = "", .body_url = "" };
	for (; *at < xml->n_items; ++*at) {
		const struct rd_xml_item *item = &xml->items[*at];
		if (strncmp(item->path, HEADER, sizeof HEADER - 1) != 0)
			continue;
		if (strcmp(item->path, HEADER) == 0) {
			++*at;
			*ret_header = header;
			return true;
		}
		take_item(&header, item);
	}
	return false;
}

static const char *root_of(const struct rd_xml *xml)
{
	return xml->items[xml->n_items - 1].path; /* it ends last */
}

static enum rd_rc read_page(const struct rd_http_response *response, struct rd_arena *arena,
	struct rd_xml *ret_xml, struct rd_err *err)
{
	if (response->status != 200)
		return rd_provider_list_failed(response->status, err);
	if (rd_xml_read(rd_buf_str(&response->body), response->body.len, arena, ret_xml, err) !=
		RD_OK)
		return rd_fail(err, RD_E_AGAIN, "the provider's list cannot be read");
	return RD_OK;
}

static bool read_index(const struct rd_xml *xml, const char *path, long *ret_index)
{
	const char *text = rd_xml_value(xml, path);
	size_t len = strlen(text);
	if (len == 0 || len > 8 || strspn(text, "0123456789") != len)
		return false;
	*ret_index = strtol(text, NULL, 10);
	return *ret_index <= INDEX_MAX;
}

/* Which part of a list a page is. RD_E_AGAIN: it does not say, or is no such page at all. */
static enum rd_rc read_place(
	const struct rd_xml *xml, long *ret_start, long *ret_total, struct rd_err *err)
{
	if (strcmp(root_of(xml), "messageheaders") != 0 ||
		!read_index(xml, "messageheaders@startindex", ret_start) ||
		!read_index(xml, "messageheaders@totalcount", ret_total))
		return rd_fail(err, RD_E_AGAIN, "the provider's list cannot be read");
	return RD_OK;
}

/* ---- asking ---- */

static const char *sent_url(
	const struct rd_provider_account *account, long start, struct rd_arena *arena)
{
	return rd_arena_printf(arena,
		"%s/v1.0/messageheaders?accountreference=%s&startIndex=%ld&count=%d",
		account->api_url, rd_percent(arena, account->account), start, PAGE);
}

enum rd_rc rd_esendex_build_ask(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const char *next_url, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err)
{
	(void)send;
	struct rd_http_request request = {
		.method = "GET",
		.url = next_url ? next_url : sent_url(account, 0, arena),
	};
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the question is too large to ask");
	authorise(account, &request);
	*ret_request = request;
	return RD_OK;
}

/* Is it what the text begins with, blanks, quotes and dashes aside? Some end in dots. */
static bool begins_with(const char *text, const char *summary)
{
	size_t len = strlen(summary);
	while (len > 0 && strchr(". ", summary[len - 1]))
		len--;
	for (size_t end = 0; end <= strlen(text) && len > 0; end++) {
		char start[512];
		char given[512];
		if (end >= sizeof start || len >= sizeof given)
			return false;
		memcpy(start, text, end);
		start[end] = '\0';
		memcpy(given, summary, len);
		given[len] = '\0';
		if (rd_provider_same_words(start, given))
			return true;
	}
	return false;
}

/* "447700900123", "07700900123" and "+44 7700 900123" are one. */
static bool is_to(const struct header *header, const char *number, struct rd_arena *arena)
{
	char theirs[RD_PHONE_MAX];
	char ours[RD_PHONE_MAX];
	const char *to = rd_provider_msisdn(arena, header->to, strlen(header->to));
	rd_phone_canonical(to ? to : "", theirs);
	rd_phone_canonical(number, ours);
	return strcmp(theirs, ours) == 0;
}

/* The words of the one that may be it, whose id the page before gave. Where they are others it is
 * still not certain that ours has not gone: characters may have been exchanged for others. */
static void compare_words(const struct rd_xml *xml, const struct rd_provider_send *send,
	const char *id, struct rd_provider_asked *asked)
{
	const char *words = rd_xml_value(xml, BODY_TEXT);
	asked->answer = RD_ASKED_UNCLEAR;
	if (!words[0] || !id[0] || !rd_provider_same_words(words, send->body))
		return;
	asked->answer = RD_ASKED_FOUND;
	asked->id = id;
	asked->body = words;
}

/* One page of headers, newest first. */
struct looked {
	long n;		     /* headers on it */
	size_t n_fit;	     /* to our number, since the attempt, with a beginning like ours */
	size_t n_other;	     /* of the rest to our number those that cannot be told from ours */
	bool past;	     /* the last one was before the attempt: so is all that follows */
	struct header found; /* the last that fits */
};

static struct looked look_through(
	const struct rd_xml *xml, const struct rd_provider_send *send, struct rd_arena *arena)
{
	struct looked looked = { .n = 0 };
	struct header header;
	size_t at = 0;
	while (next_header(xml, &at, &header)) {
		int64_t sent_ms = rd_provider_instant(header.at);
		looked.n++;
		looked.past = sent_ms && sent_ms < send->attempted_ms - CLOCK_SKEW_MS;
		if (looked.past || !is_to(&header, send->to, arena))
			continue;
		if (!sent_ms || !header.id || !rd_provider_id_good(header.id) ||
			(header.summary[0] && !begins_with(send->body, header.summary))) {
			looked.n_other++;
			continue;
		}
		looked.n_fit++;
		looked.found = header;
	}
	return looked;
}

/* ABSENT only where the list was seen whole, back to the attempt, and nothing in it may be ours. */
enum rd_rc rd_esendex_read_asked(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const struct rd_http_response *response,
	struct rd_arena *arena, struct rd_provider_asked *ret_asked, struct rd_err *err)
{
	struct rd_provider_asked asked = { .answer = RD_ASKED_UNCLEAR, .id = "", .body = "" };
	struct rd_xml xml;
	long start;
	long total;
	if (read_page(response, arena, &xml, err) != RD_OK)
		return rd_fail(err, RD_E_AGAIN, "the provider answered HTTP %ld", response->status);
	if (strcmp(root_of(&xml), "messagebody") == 0) {
		compare_words(&xml, send, ret_asked->id, &asked);
		*ret_asked = asked;
		return RD_OK;
	}
	RD_TRY(read_place(&xml, &start, &total, err));
	const struct looked looked = look_through(&xml, send, arena);
	if (looked.n_fit == 1) {
		asked.id = looked.found.id;
		asked.next_url = at_our_host(account, looked.found.body_url, arena);
		asked.answer = asked.next_url ? RD_ASKED_MORE : RD_ASKED_UNCLEAR;
	} else if (looked.n_fit == 0 && looked.n_other == 0) {
		if (looked.past || start + looked.n >= total) {
			asked.answer = RD_ASKED_ABSENT;
		} else if (looked.n > 0) {
			asked.answer = RD_ASKED_MORE;
			asked.next_url = sent_url(account, start + looked.n, arena);
		}
	}
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the provider's list is too large");
	*ret_asked = asked;
	return RD_OK;
}

/* ---- the list ---- */

enum rd_rc rd_esendex_build_list(const struct rd_provider_account *account,
	const struct rd_provider_window *window, const char *next_url, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err)
{
	(void)window;
	struct rd_http_request request = {
		.method = "GET",
		.url = next_url ? next_url
				: rd_arena_printf(arena,
					  "%s/v1.0/inbox/%s/messages?startIndex=0&count=%d",
					  account->api_url, rd_percent(arena, account->account),
					  PAGE),
	};
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the question is too large to ask");
	authorise(account, &request);
	*ret_request = request;
	return RD_OK;
}

static enum rd_rc take_text(const struct rd_provider_account *account, const struct header *header,
	struct rd_arena *arena, struct rd_provider_listed *listed, struct rd_err *err)
{
	struct rd_provider_text text = { .id = header->id, .body = "" };
	text.body_url = at_our_host(account, header->body_url, arena);
	const char *id = header->id ? header->id : "";
	text.sent_ms = rd_provider_instant(header->at);
	if (!rd_provider_id_good(id) || !header->from[0] ||
		strlen(header->from) > RD_ADDRESS_BYTES_MAX ||
		strlen(header->to) > RD_ADDRESS_BYTES_MAX || !text.body_url) {
		const char *all = rd_arena_printf(
			arena, "%s\n%s\n%s", header->at, header->from, header->summary);
		return rd_provider_unread(listed, id, all ? all : "", all ? strlen(all) : 0,
			text.sent_ms, arena, err);
	}
	text.from = rd_provider_msisdn(arena, header->from, strlen(header->from));
	text.to = rd_provider_msisdn(arena, header->to, strlen(header->to));
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the provider's list is too large");
	listed->texts[listed->n_texts++] = text;
	return RD_OK;
}

enum rd_rc rd_esendex_read_list(const struct rd_provider_account *account,
	const struct rd_provider_window *window, const char *url,
	const struct rd_http_response *response, struct rd_arena *arena,
	struct rd_provider_listed *ret_listed, struct rd_err *err)
{
	struct rd_provider_listed listed = { .n_texts = 0 };
	struct rd_xml xml;
	struct header header;
	size_t at = 0;
	long start;
	long total;
	(void)window;
	RD_TRY(read_page(response, arena, &xml, err));
	RD_TRY(read_place(&xml, &start, &total, err));
	listed.texts = rd_arena_array(arena, xml.n_items + 1, sizeof *listed.texts);
	listed.unread = rd_arena_array(arena, xml.n_items + 1, sizeof *listed.unread);
	if (!listed.texts || !listed.unread)
		return rd_fail(err, RD_E_RANGE, "the provider's list is too large");
	while (next_header(&xml, &at, &header))
		RD_TRY(take_text(account, &header, arena, &listed, err));
	long seen = start + (long)(listed.n_texts + listed.n_unread);
	if (seen < total)
		listed.next_url =
			rd_arena_printf(arena, "%s/v1.0/inbox/%s/messages?startIndex=%ld&count=%d",
				account->api_url, rd_percent(arena, account->account), seen, PAGE);
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the provider's list is too large");
	if (listed.next_url && (seen == start || strcmp(listed.next_url, url) == 0))
		return rd_fail(err, RD_E_AGAIN, "the provider's list stops before its end");
	*ret_listed = listed;
	return RD_OK;
}

enum rd_rc rd_esendex_build_body(const struct rd_provider_account *account,
	const struct rd_provider_text *text, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err)
{
	(void)arena;
	(void)err;
	struct rd_http_request request = { .method = "GET", .url = text->body_url };
	authorise(account, &request);
	*ret_request = request;
	return RD_OK;
}

enum rd_rc rd_esendex_read_body(const struct rd_provider_account *account,
	const struct rd_http_response *response, struct rd_arena *arena,
	struct rd_provider_text *text, struct rd_err *err)
{
	struct rd_xml xml;
	(void)account;
	if (response->status == 404 || response->status == 410)
		return rd_fail(err, RD_E_INPUT, "a text is no longer there");
	if (response->status != 200)
		return rd_provider_list_failed(response->status, err);
	if (rd_xml_read(rd_buf_str(&response->body), response->body.len, arena, &xml, err) != RD_OK)
		return rd_fail(err, RD_E_INPUT, "the words of a text cannot be read");
	const char *words = rd_xml_value(&xml, BODY_TEXT);
	if (strcmp(root_of(&xml), "messagebody") != 0 || strlen(words) > RD_SMS_BYTES_MAX)
		return rd_fail(err, RD_E_INPUT, "the words of a text cannot be read");
	text->body = rd_provider_words(arena, words, strlen(words), &text->body_len);
	if (!text->body)
		return rd_fail(err, RD_E_RANGE, "the words of a text are too large");
	return RD_OK;
}
