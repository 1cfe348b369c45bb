/* Esendex: the secret in the address, its XML, receipts, sending, asking, listing. */
#include "support/providers.h"

#include "redress/wire/providers/esendex.h"
#include "redress/wire/providers/xml.h"

static const struct rd_provider_account esendex = {
	.name = "line",
	.number = "+447700900000",
	.account = "EX0000001",
	.user = "it@example.org",
	.template_id = "",
	.api_url = "https://api.example.org",
	.path = "",
	.signature = "",
	.token = "s3cret/of+ours",
	.api_key = "password",
};

#define SMS   "https://sms.example.org/sms/line"
#define RIGHT SMS "?token=s3cret%2Fof%2Bours"
#define ID    "ee931a29-d176-42bb-b2a1-a66871e8c118"
#define INBOUND                                                                                    \
	"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<InboundMessage>\n"                           \
	"<Id>bece4d20-779c-4778-b08c-438a13cca5c9</Id><MessageId>" ID "</MessageId>"               \
	"<AccountId>6145d724-98cb-41a2-8c4e-4b81ef694897</AccountId>"                              \
	"<MessageText>Damp &amp; mould &lt;again&gt; &#163;5 &#x1F61C;</MessageText>"              \
	"<From>447700900123</From><To>447700900000</To></InboundMessage>"

static struct rd_webhook_request push(const char *url, const char *body)
{
	struct rd_webhook_request request = form_request(body, 0);
	request.url = url;
	request.content_type = "application/xml";
	return request;
}

static enum rd_rc read(
	struct rd_arena *arena, const char *url, const char *body, struct rd_provider_text *text)
{
	struct rd_err err = { 0 };
	const struct rd_webhook_request request = push(url, body);
	return rd_esendex.read_text(&esendex, &request, arena, text, &err);
}

static void a_text_is_read_behind_its_secret(void **state)
{
	struct rd_provider_text text;
	assert_int_equal(read(*state, RIGHT, INBOUND, &text), RD_OK);
	assert_string_equal(text.id, ID); /* not the notification's own, which the list has not */
	assert_string_equal(text.from, "+447700900123");
	assert_string_equal(text.body, "Damp & mould <again> \xC2\xA3"
				       "5 \xF0\x9F\x98\x9C");
}

static void one_flipped_byte_of_the_secret_is_refused(void **state)
{
	struct rd_provider_text text;
	char url[] = RIGHT;
	for (size_t at = sizeof SMS + 6; url[at]; at++) {
		url[at] ^= 1;
		assert_int_equal(read(*state, url, INBOUND, &text), RD_E_REFUSED);
		url[at] ^= 1;
	}
	static const char *const urls[] = { SMS, SMS "?", SMS "?token=", RIGHT "x", SMS "/s3cret",
		SMS "?Token=s3cret%2Fof%2Bours", SMS "?token=s3cret%2Fof%2Bours%00" };
	for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
		assert_int_equal(read(*state, urls[i], INBOUND, &text), RD_E_REFUSED);
	struct rd_provider_account none = esendex;
	struct rd_err err = { 0 };
	none.token = "";
	const struct rd_webhook_request request = push(SMS "?token=", INBOUND);
	assert_int_equal(rd_esendex.read_text(&none, &request, *state, &text, &err), RD_E_REFUSED);
}

static void what_is_no_such_xml_is_refused(void **state)
{
	static const char *const bodies[] = { "", "damp", "<InboundMessage>",
		"<InboundMessage></Inbound>", "<a/><b/>", "<InboundMessage/>",
		"<InboundMessage><MessageId>" ID "</MessageId></InboundMessage>",
		"<InboundMessage><MessageId>../x</MessageId><From>1</From></InboundMessage>",
		"<!DOCTYPE x [<!ENTITY e \"boom\">]><InboundMessage>&e;</InboundMessage>",
		"<InboundMessage>&nbsp;</InboundMessage>", "<InboundMessage>&#;</InboundMessage>",
		"<InboundMessage>&#xD800</InboundMessage>", "<InboundMessage a=1/>",
		"<InboundMessage a=\"1/>", "<InboundMessage a=\"<\"/>", "<InboundMessage><!--",
		"<InboundMessage>&#x110000;</InboundMessage>", "<a:/>", "</a>",
		"<a><b><c><d><e><f><g><h><i><j><k><l><m><n><o><p><q></q></p></o></n></m></l></k></"
		"j></i>"
		"</h></g></f></e></d></c></b></a>" };
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		struct rd_provider_text text;
		enum rd_rc rc = read(*state, RIGHT, bodies[i], &text);
		if (rc != RD_E_INPUT && rc != RD_E_RANGE)
			print_error("%s\n", bodies[i]);
		assert_true(rc == RD_E_INPUT || rc == RD_E_RANGE);
	}
}

static void xml_is_read_with_its_prefixes_left_out(void **state)
{
	struct rd_err err = { 0 };
	struct rd_xml xml;
	const char *text = "\xEF\xBB\xBF<e:a x:k='1 &amp; 2' ><!-- no --><e:b><![CDATA[<&>]]> t"
			   "</e:b>\n<b/></e:a>\n";
	assert_int_equal(rd_xml_read(text, strlen(text), *state, &xml, &err), RD_OK);
	assert_int_equal(xml.n_items, 4);
	assert_string_equal(rd_xml_value(&xml, "a@k"), "1 & 2");
	assert_string_equal(rd_xml_value(&xml, "a/b"), "<&> t");
	assert_string_equal(rd_xml_value(&xml, "a/c"), "");
	assert_string_equal(
		rd_xml_escape(*state, "<a & 'b'>\x01\n"), "&lt;a &amp; &apos;b&apos;&gt;\n");
}

static void characters_that_are_none_are_shown_as_such(void **state)
{
	static const struct {
		const char *xml, *words;
	} rows[] = {
		{ "<a>&#xD83D;&#xDE1C;</a>", "\xF0\x9F\x98\x9C" },
		{ "<a>&#55357;&#56860;</a>", "\xF0\x9F\x98\x9C" },
		{ "<a>1&#xD83D;2</a>", "1\xEF\xBF\xBD"
				       "2" },
		{ "<a>1&#xDE1C;2</a>", "1\xEF\xBF\xBD"
				       "2" },
		{ "<a>1&#xD83D;&#163;</a>", "1\xEF\xBF\xBD\xC2\xA3" },
		{ "<a>1&#0;2</a>", "1\xEF\xBF\xBD"
				   "2" },
		{ "<a>1&#xD83D;&amp;</a>", "1\xEF\xBF\xBD&" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_err err = { 0 };
		struct rd_xml xml;
		assert_int_equal(
			rd_xml_read(rows[i].xml, strlen(rows[i].xml), *state, &xml, &err), RD_OK);
		assert_string_equal(rd_xml_value(&xml, "a"), rows[i].words);
	}
}

static void receipts_and_opt_outs_are_read(void **state)
{
	static const struct {
		const char *body;
		enum rd_rc rc;
		enum rd_delivery state;
		const char *number;
	} rows[] = {
		{ "<MessageDelivered><Id>1</Id><MessageId>" ID "</MessageId><OccurredAt>2014-07-31"
		  "T21:42:46</OccurredAt></MessageDelivered>",
			RD_OK, RD_DELIVERY_DONE, NULL },
		{ "<MessageFailed><MessageId>" ID "</MessageId></MessageFailed>", RD_OK,
			RD_DELIVERY_FAILED, NULL },
		{ "<OptOut><Id>1</Id><From><PhoneNumber>447700900123</PhoneNumber></From></OptOut>",
			RD_OK, RD_DELIVERY_UNDERWAY, "+447700900123" },
		{ "<OptOut><Id>1</Id></OptOut>", RD_E_INPUT, RD_DELIVERY_UNDERWAY, NULL },
		{ "<MessageDelivered/>", RD_E_INPUT, RD_DELIVERY_UNDERWAY, NULL },
		{ "<Other/>", RD_E_INPUT, RD_DELIVERY_UNDERWAY, NULL },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_err err = { 0 };
		struct rd_provider_receipt receipt;
		struct rd_webhook_request request = push(RIGHT, rows[i].body);
		assert_int_equal(
			rd_esendex.read_receipt(&esendex, &request, *state, &receipt, &err),
			rows[i].rc);
		if (rows[i].rc != RD_OK)
			continue;
		if (rows[i].number) {
			assert_true(receipt.opted_out);
			assert_string_equal(receipt.opted_out_number, rows[i].number);
		} else {
			assert_string_equal(receipt.id, ID);
			assert_int_equal(receipt.state, rows[i].state);
		}
		request.url = SMS "/status?token=wrong";
		assert_int_equal(
			rd_esendex.read_receipt(&esendex, &request, *state, &receipt, &err),
			RD_E_REFUSED);
	}
}

static void a_send_is_xml_that_holds_any_words(void **state)
{
	struct rd_http_request request;
	struct rd_err err = { 0 };
	struct rd_provider_send send = send_one;
	struct rd_xml xml;
	send.body = "</body><to>1</to> & \"2\"";
	assert_int_equal(rd_esendex.build_send(&esendex, &send, *state, &request, &err), RD_OK);
	assert_string_equal(request.url, "https://api.example.org/v1.0/messagedispatcher");
	assert_string_equal(request.user, "it@example.org");
	assert_string_equal(request.password, "password");
	assert_string_equal(request.accept, "application/xml");
	assert_int_equal(rd_xml_read(request.body, request.body_len, *state, &xml, &err), RD_OK);
	assert_string_equal(rd_xml_value(&xml, "messages/accountreference"), "EX0000001");
	assert_string_equal(rd_xml_value(&xml, "messages/message/to"), "447700900123");
	assert_string_equal(rd_xml_value(&xml, "messages/message/body"), send.body);
}

#define SENT                                                                                       \
	"<messageheaders batchid=\"1\" xmlns=\"http://api.esendex.com/ns/\">"                      \
	"<messageheader uri=\"u\" id=\"" ID "\"/></messageheaders>"

static void what_a_send_says_is_classed(void **state)
{
	static const struct sent_row rows[] = {
		{ "taken", 200, SENT, RD_SEND_DONE, false },
		{ "no id", 200, "<messageheaders/>", RD_SEND_UNCERTAIN, false },
		{ "not XML", 200, "{}", RD_SEND_UNCERTAIN, false },
		{ "a bad number", 400, "<errors/>", RD_SEND_REFUSED, false },
		{ "our password", 401, "", RD_SEND_AGAIN, true },
		{ "no credit", 402, "", RD_SEND_AGAIN, true },
		{ "our account", 403, "", RD_SEND_AGAIN, true },
		{ "too many", 429, "", RD_SEND_AGAIN, false },
		{ "may have been taken", 500, "", RD_SEND_UNCERTAIN, false },
	};
	check_sent(&rd_esendex, &esendex, rows, sizeof rows / sizeof rows[0], *state);
}

#define HEADER(id, at, to, summary)                                                                \
	"<messageheader id=\"" id "\"><submittedat>" at "</submittedat><to><phonenumber>" to       \
	"</phonenumber></to><summary>" summary "</summary><body uri=\"http://evil.example.com/"    \
	"v1.0/messageheaders/" id "/body\"/></messageheader>"
#define PLACE(start, total, headers)                                                               \
	"<messageheaders startindex=\"" start "\" count=\"1\" totalcount=\"" total "\">" headers   \
	"</messageheaders>"
#define BEGINNING "RD100001-K7QF: we will answer by 6 Dec..."
#define WHOLE	  "RD100001-K7QF: we will answer by 6 December 2026 - \"home\""
#define IN_TIME	  "2026-11-18T11:06:41.37Z"
#define BEFORE	  "2026-11-18T11:00:41Z"
#define TO	  "447700900123"
#define THE_BODY  "https://api.example.org/v1.0/messageheaders/A1/body"
#define PAGE_2                                                                                     \
	"https://api.example.org/v1.0/messageheaders?accountreference=EX0000001"                   \
	"&startIndex=1&count=100"

static enum rd_asked asked_about(
	struct rd_arena *arena, const char *body, struct rd_provider_asked *asked)
{
	struct rd_err err = { 0 };
	RD_CLEANUP(rd_http_response_free) struct rd_http_response response = answer(200, body);
	assert_int_equal(
		rd_esendex.read_asked(&esendex, &send_one, &response, arena, asked, &err), RD_OK);
	return asked->answer;
}

/* "Absent" means that it is sent once more: only where nothing in the whole list may be it. */
static void a_lost_answer_is_looked_up_and_its_words_compared(void **state)
{
	static const struct {
		const char *why, *page, *next, *words;
		enum rd_asked first, second;
	} rows[] = {
		{ "there", PLACE("0", "1", HEADER("A1", IN_TIME, TO, BEGINNING)), THE_BODY, WHOLE,
			RD_ASKED_MORE, RD_ASKED_FOUND },
		{ "a national number",
			PLACE("0", "1", HEADER("A1", IN_TIME, "07700900123", BEGINNING)), THE_BODY,
			WHOLE, RD_ASKED_MORE, RD_ASKED_FOUND },
		{ "without a beginning", PLACE("0", "1", HEADER("A1", IN_TIME, TO, "")), THE_BODY,
			WHOLE, RD_ASKED_MORE, RD_ASKED_FOUND },
		{ "the same beginning, another text",
			PLACE("0", "1", HEADER("A1", IN_TIME, TO, BEGINNING)), THE_BODY,
			"RD100001-K7QF: we will answer by 6 December 2027", RD_ASKED_MORE,
			RD_ASKED_UNCLEAR },
		{ "without words", PLACE("0", "1", HEADER("A1", IN_TIME, TO, BEGINNING)), THE_BODY,
			"", RD_ASKED_MORE, RD_ASKED_UNCLEAR },
		{ "a letter exchanged for another",
			PLACE("0", "1",
				HEADER("A1", IN_TIME, TO, "RD100001-K7QF: we vvill answer")),
			NULL, "", RD_ASKED_UNCLEAR, RD_ASKED_UNCLEAR },
		{ "of before the attempt", PLACE("0", "9", HEADER("A1", BEFORE, TO, BEGINNING)),
			NULL, "", RD_ASKED_ABSENT, RD_ASKED_ABSENT },
		{ "to another number",
			PLACE("0", "1", HEADER("A1", IN_TIME, "447700900124", BEGINNING)), NULL, "",
			RD_ASKED_ABSENT, RD_ASKED_ABSENT },
		{ "to another number, and more to come",
			PLACE("0", "2", HEADER("A1", IN_TIME, "447700900124", BEGINNING)), PAGE_2,
			"", RD_ASKED_MORE, RD_ASKED_MORE },
		{ "more to come, but none of it given", PLACE("0", "2", ""), NULL, "",
			RD_ASKED_UNCLEAR, RD_ASKED_UNCLEAR },
		{ "two that may be it",
			PLACE("0", "2",
				HEADER("A1", IN_TIME, TO, BEGINNING)
					HEADER("A2", IN_TIME, TO, BEGINNING)),
			NULL, "", RD_ASKED_UNCLEAR, RD_ASKED_UNCLEAR },
		{ "no time", PLACE("0", "1", HEADER("A1", "soon", TO, BEGINNING)), NULL, "",
			RD_ASKED_UNCLEAR, RD_ASKED_UNCLEAR },
		{ "nothing sent", PLACE("0", "0", ""), NULL, "", RD_ASKED_ABSENT, RD_ASKED_ABSENT },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_provider_asked asked = { .id = "" };
		enum rd_asked first = asked_about(*state, rows[i].page, &asked);
		if (first != rows[i].first)
			print_error("%s\n", rows[i].why);
		assert_int_equal(first, rows[i].first);
		if (first != RD_ASKED_MORE)
			continue;
		/* Never at a host that an answer names. */
		assert_string_equal(asked.next_url, rows[i].next);
		if (rows[i].second == RD_ASKED_MORE)
			continue;
		enum rd_asked second = asked_about(*state,
			rd_arena_printf(*state,
				"<messagebody><bodytext>%s</bodytext></messagebody>",
				rd_xml_escape(*state, rows[i].words)),
			&asked);
		if (second != rows[i].second)
			print_error("%s\n", rows[i].why);
		assert_int_equal(second, rows[i].second);
		if (second == RD_ASKED_FOUND)
			assert_string_equal(asked.id, "A1");
	}
}

static void what_is_no_such_list_says_nothing(void **state)
{
	static const char *const pages[] = { "<html/>", "<messageheaders/>", "", "{}",
		"<messageheaders startindex=\"0\"/>", "<messageheaders totalcount=\"0\"/>",
		PLACE("0", "", ""), PLACE("-1", "0", ""), PLACE("0", "99999999999999999999", ""),
		"<html>" PLACE("0", "0", "") "</html>" };
	const struct rd_provider_window window = { 0, 0 };
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		struct rd_err err = { 0 };
		struct rd_provider_asked asked = { .id = "" };
		struct rd_provider_listed listed;
		RD_CLEANUP(rd_http_response_free)
		struct rd_http_response response = answer(200, pages[i]);
		assert_int_equal(
			rd_esendex.read_asked(&esendex, &send_one, &response, *state, &asked, &err),
			RD_E_AGAIN);
		assert_int_equal(rd_esendex.read_list(
					 &esendex, &window, "", &response, *state, &listed, &err),
			RD_E_AGAIN);
	}
}

#define LISTED(id, from, at)                                                                       \
	"<messageheader id=\"" id "\" uri=\"u\"><receivedat>" at "</receivedat><to><phonenumber>"  \
	"447700900000</phonenumber></to><from><phonenumber>" from "</phonenumber></from>"          \
	"<summary>Damp and</summary><body id=\"" id "\" uri=\"https://api.example.org/v1.0/"       \
	"messageheaders/" id "/body\"/></messageheader>"

static void the_inbox_is_listed_page_by_page_and_words_fetched(void **state)
{
	struct rd_err err = { 0 };
	struct rd_provider_listed listed;
	struct rd_http_request request;
	const struct rd_provider_window window = { 0, 0 };
	assert_int_equal(
		rd_esendex.build_list(&esendex, &window, NULL, *state, &request, &err), RD_OK);
	assert_string_equal(request.url,
		"https://api.example.org/v1.0/inbox/EX0000001/messages?startIndex=0&count=100");
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response page =
		answer(200, "<messageheaders startindex=\"0\" count=\"2\" totalcount=\"3\">" LISTED(
				    "B2", "447700900123", "2026-11-18T11:06:37.91Z")
				    LISTED("B1", "", "2026-11-18T11:00:00Z") "</messageheaders>");
	assert_int_equal(
		rd_esendex.read_list(&esendex, &window, "", &page, *state, &listed, &err), RD_OK);
	assert_int_equal(listed.n_texts, 1);
	assert_string_equal(listed.texts[0].id, "B2");
	assert_true(listed.texts[0].sent_ms == INT64_C(1794999997910));
	assert_int_equal(listed.n_unread, 1);
	assert_string_equal(listed.unread[0].id, "B1");
	assert_string_equal(listed.next_url,
		"https://api.example.org/v1.0/inbox/EX0000001/messages?startIndex=2&count=100");
	assert_int_equal(
		rd_esendex.build_body(&esendex, &listed.texts[0], *state, &request, &err), RD_OK);
	assert_string_equal(request.url, "https://api.example.org/v1.0/messageheaders/B2/body");
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response body =
		answer(200, "<messagebody><bodytext>Damp and mould</bodytext></messagebody>");
	assert_int_equal(
		rd_esendex.read_body(&esendex, &body, *state, &listed.texts[0], &err), RD_OK);
	assert_string_equal(listed.texts[0].body, "Damp and mould");
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response last = answer(
		200, "<messageheaders startindex=\"2\" count=\"1\" totalcount=\"3\">" LISTED(
			     "B0", "447700900123", "2026-11-18T11:06:37Z") "</messageheaders>");
	assert_int_equal(
		rd_esendex.read_list(&esendex, &window, "", &last, *state, &listed, &err), RD_OK);
	assert_null(listed.next_url);
	/* One that never comes to its end is not taken for one that has. */
	static const char *const endless[] = { PLACE("2", "9", ""),
		PLACE("0", "9", LISTED("B0", "447700900123", "2026-11-18T11:06:37Z")) };
	for (size_t i = 0; i < 2; i++) {
		RD_CLEANUP(rd_http_response_free)
		struct rd_http_response one = answer(200, endless[i]);
		assert_int_equal(rd_esendex.read_list(&esendex, &window,
					 "https://api.example.org/v1.0/inbox/EX0000001/messages?"
					 "startIndex=1&count=100",
					 &one, *state, &listed, &err),
			RD_E_AGAIN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(a_text_is_read_behind_its_secret),
		WITH_ARENA(one_flipped_byte_of_the_secret_is_refused),
		WITH_ARENA(what_is_no_such_xml_is_refused),
		WITH_ARENA(xml_is_read_with_its_prefixes_left_out),
		WITH_ARENA(characters_that_are_none_are_shown_as_such),
		WITH_ARENA(receipts_and_opt_outs_are_read),
		WITH_ARENA(a_send_is_xml_that_holds_any_words),
		WITH_ARENA(what_a_send_says_is_classed),
		WITH_ARENA(a_lost_answer_is_looked_up_and_its_words_compared),
		WITH_ARENA(what_is_no_such_list_says_nothing),
		WITH_ARENA(the_inbox_is_listed_page_by_page_and_words_fetched),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
