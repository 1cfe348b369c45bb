/* Twilio: signatures, texts, receipts, sending, asking, pictures and listing; and the tray, which
 * is signed as Twilio signs. */
#include "support/providers.h"

#include "redress/wire/providers/tray.h"
#include "redress/wire/providers/twilio.h"

#define U "https://mycompany.com/myapp.php?foo=1&bar=2"
#define P                                                                                          \
	"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&"         \
	"To=%2B18005551212"

/* ---- Twilio's signature ---- */

static const struct {
	const char *why;
	const char *url;
	const char *form;
	const char *signature;
} vectors[] = {
	{ "plain", U, P, "RSOYDt4T1cUTdK1PDd93/VVr8B8=" },
	{ "our URL has another port, signed without",
		"https://mycompany.com:1234/myapp.php?foo=1&bar=2", P,
		"RSOYDt4T1cUTdK1PDd93/VVr8B8=" },
	{ "signed with the default port, ours without", U, P, "kvajT1Ptam85bY51eRf/AJRuM3w=" },
	{ "http with a port", "http://mycompany.com:1234/myapp.php?foo=1&bar=2", P,
		"Zmvh+3yNM1Phv2jhDCwEM3q5ebU=" },
	{ "http signed with :80", "http://mycompany.com/myapp.php?foo=1&bar=2", P,
		"0ZXoZLH/DfblKGATFgpif+LLRf4=" },
	{ "a name given twice, equal values once", U,
		"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234",
		"IK+Dwps556ElfBT0I3Rgjkr1wJU=" },
	{ "several values of one name, in order", U,
		"MessagingBinding.Address=%2B1415xxxxxxx&MessagingBinding.Address=%2B1325xxxxxxx",
		"83O6e2vORAoJHUNzJjDWN1jz+BA=" },
	{ "user and password in the URL", "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2",
		P, "CukzLTc1tT5dXEDIHm/tKBanW10=" },
	{ "an escape in the raw query", U "&Body=It%27s+amazing", P,
		"TfZzewPq8wqrGlMfyAud8+/IvJ0=" },
};

static enum rd_rc check(struct rd_arena *arena, const char *token, const char *type,
	const char *url, const char *body, const char *signature)
{
	struct rd_err err = { 0 };
	struct rd_form form;
	struct rd_webhook_request request = {
		.url = url,
		.content_type = type,
		.signature = signature,
		.authorization = "",
		.body = body,
		.body_len = strlen(body),
	};
	return rd_twilio_check(token, &request, arena, &form, &err);
}

static void every_known_signature_fits(void **state)
{
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		enum rd_rc rc = check(*state, "12345", FORM_TYPE, vectors[i].url, vectors[i].form,
			vectors[i].signature);
		if (rc != RD_OK)
			print_error("%s\n", vectors[i].why);
		assert_int_equal(rc, RD_OK);
	}
}

static void one_flipped_byte_anywhere_is_refused(void **state)
{
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		char text[256];
		snprintf(text, sizeof text, "%s", vectors[i].signature);
		for (size_t at = 0; text[at]; at++) {
			text[at] ^= 1;
			assert_int_equal(check(*state, "12345", FORM_TYPE, vectors[i].url,
						 vectors[i].form, text),
				RD_E_REFUSED);
			text[at] ^= 1;
		}
		snprintf(text, sizeof text, "%s", vectors[i].form);
		for (size_t at = 0; text[at]; at++) {
			if (strchr("&=%", text[at]))
				continue;
			/* 1 -> 0 and the like; not a letter's case, which hex digits do not know.
			 */
			text[at] ^= 1;
			assert_int_equal(check(*state, "12345", FORM_TYPE, vectors[i].url, text,
						 vectors[i].signature),
				RD_E_REFUSED);
			text[at] ^= 1;
		}
		assert_int_equal(check(*state, "12344", FORM_TYPE, vectors[i].url, vectors[i].form,
					 vectors[i].signature),
			RD_E_REFUSED);
		snprintf(text, sizeof text, "%s", vectors[i].url);
		text[strlen(text) - 1] ^= 1;
		assert_int_equal(check(*state, "12345", FORM_TYPE, text, vectors[i].form,
					 vectors[i].signature),
			RD_E_REFUSED);
		rd_arena_reset(*state);
	}
}

static void no_token_and_no_signature_are_refused(void **state)
{
	struct rd_form none = { 0 };
	const char *of_empty = rd_twilio_sign(*state, "", U, &none);
	assert_int_equal(check(*state, "", FORM_TYPE, U, "", of_empty), RD_E_REFUSED);
	assert_int_equal(check(*state, "12345", FORM_TYPE, U, P, ""), RD_E_REFUSED);
}

#define JSON_BODY   "{\"property\": \"value\", \"boolean\": true}"
#define JSON_HASH   "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
#define JSON_SIGNED "a9nBmqA0ju/hNViExpshrM61xv4="

/* Else it would spend what proved requests may spend, and shut genuine texts out. */
static void a_form_too_large_to_check_is_not_proved(void **state)
{
	char form[2 * 600 + 1];
	for (size_t i = 0; i < sizeof form - 1; i += 2)
		memcpy(form + i, "a&", 2);
	form[sizeof form - 1] = '\0';
	assert_int_equal(check(*state, "12345", FORM_TYPE, U, form, "x"), RD_E_REFUSED);
}

static void json_needs_the_hash_of_its_body(void **state)
{
	const char *json = "application/json; charset=utf-8";
	assert_int_equal(
		check(*state, "12345", json, U "&bodySHA256=" JSON_HASH, JSON_BODY, JSON_SIGNED),
		RD_OK);
	assert_int_equal(check(*state, "12345", json, U "&bodySHA256=" JSON_HASH,
				 "{\"property\": \"valuf\", \"boolean\": true}", JSON_SIGNED),
		RD_E_REFUSED);
	char flipped[] = JSON_SIGNED;
	flipped[3] ^= 1;
	assert_int_equal(
		check(*state, "12345", json, U "&bodySHA256=" JSON_HASH, JSON_BODY, flipped),
		RD_E_REFUSED);
	/* Rightly signed, but nothing speaks for the body. */
	struct rd_form none = { 0 };
	const char *bare = rd_twilio_sign(*state, "12345", U, &none);
	assert_int_equal(check(*state, "12345", json, U, JSON_BODY, bare), RD_E_REFUSED);
	assert_int_equal(check(*state, "12345", "", U, JSON_BODY, bare), RD_E_REFUSED);
}

/* ---- what Twilio's form says ---- */

#define FIXTURE                                                                                    \
	"ToCountry=US&ToState=District+Of+Columbia&SmsMessageSid="                                 \
	"SMe287d7109a5a925f182f0e07fe5b223b&NumMedia=0&ToCity=&FromZip=01022&SmsSid="              \
	"SMe287d7109a5a925f182f0e07fe5b223b&FromState=MA&SmsStatus=received&FromCity=CHICOPEE&"    \
	"Body=Msg&FromCountry=US&To=%2B12028831111&ToZip=&NumSegments=1&MessageSid="               \
	"SMe287d7109a5a925f182f0e07fe5b223b&AccountSid=acctid&From=%2B14133881111&ApiVersion="     \
	"2010-04-01"

static enum rd_rc read_signed(struct rd_arena *arena, const struct rd_provider *provider,
	const struct rd_provider_account *account, const char *body, struct rd_provider_text *text,
	struct rd_provider_receipt *receipt)
{
	struct rd_err err = { 0 };
	struct rd_form form;
	assert_int_equal(rd_form_parse(body, strlen(body), arena, &form, &err), RD_OK);
	struct rd_webhook_request request = {
		.url = "https://sms.example.org/sms/line",
		.content_type = FORM_TYPE,
		.signature = rd_twilio_sign(
			arena, account->token, "https://sms.example.org/sms/line", &form),
		.authorization = "",
		.body = body,
		.body_len = strlen(body),
	};
	return text ? provider->read_text(account, &request, arena, text, &err)
		    : provider->read_receipt(account, &request, arena, receipt, &err);
}

static void a_text_is_read_from_the_form(void **state)
{
	struct rd_provider_text text;
	assert_int_equal(read_signed(*state, &rd_twilio, &twilio, FIXTURE, &text, NULL), RD_OK);
	assert_string_equal(text.id, "SMe287d7109a5a925f182f0e07fe5b223b");
	assert_string_equal(text.from, "+14133881111");
	assert_string_equal(text.to, "+12028831111");
	assert_string_equal(text.body, "Msg");
	assert_int_equal(text.n_media, 0);
}

static void the_words_stay_untrimmed(void **state)
{
	struct rd_provider_text text;
	assert_int_equal(
		read_signed(*state, &rd_twilio, &twilio,
			"MessageSid=SM1&AccountSid=acctid&From=%2B447700900123&To=x&NumMedia=2"
			"&New=&Body=+damp%0A+in+100%25+%F0%9F%98%9C%00+",
			&text, NULL),
		RD_OK);
	assert_string_equal(text.body, " damp\n in 100% \xF0\x9F\x98\x9C\xEF\xBF\xBD ");
	assert_int_equal(text.n_media, 2);
}

static void what_is_missing_is_named(void **state)
{
	static const struct {
		const char *why;
		const char *form;
		enum rd_rc rc;
	} rows[] = {
		{ "another account", "MessageSid=SM1&AccountSid=other&From=1&Body=x",
			RD_E_REFUSED },
		{ "no account", "MessageSid=SM1&From=1&Body=x", RD_E_REFUSED },
		{ "no id", "AccountSid=acctid&From=1&Body=x", RD_E_INPUT },
		{ "an id that is a path", "MessageSid=../x&AccountSid=acctid&From=1&Body=x",
			RD_E_INPUT },
		{ "no sender", "MessageSid=SM1&AccountSid=acctid&Body=x", RD_E_INPUT },
		{ "no words at all", "MessageSid=SM1&AccountSid=acctid&From=1", RD_E_INPUT },
		{ "a picture alone is a message",
			"MessageSid=SM1&AccountSid=acctid&From=1&Body=", RD_OK },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_provider_text text;
		enum rd_rc rc = read_signed(*state, &rd_twilio, &twilio, rows[i].form, &text, NULL);
		if (rc != rows[i].rc)
			print_error("%s\n", rows[i].why);
		assert_int_equal(rc, rows[i].rc);
	}
}

static void receipts_of_twilio_are_read(void **state)
{
	struct rd_provider_receipt receipt;
	assert_int_equal(
		read_signed(*state, &rd_twilio, &twilio,
			"ErrorCode=21610&MessageSid=SM9&AccountSid=acctid&MessageStatus=failed"
			"&To=%2B12028831111",
			NULL, &receipt),
		RD_OK);
	assert_int_equal(receipt.state, RD_DELIVERY_FAILED);
	assert_string_equal(receipt.id, "SM9");
	assert_string_equal(receipt.detail, "failed 21610");
	assert_true(receipt.opted_out);
	assert_int_equal(
		read_signed(*state, &rd_twilio, &twilio,
			"MessageSid=SM9&AccountSid=acctid&MessageStatus=delivered", NULL, &receipt),
		RD_OK);
	assert_int_equal(receipt.state, RD_DELIVERY_DONE);
	assert_false(receipt.opted_out);
	assert_int_equal(
		read_signed(*state, &rd_twilio, &twilio,
			"MessageSid=SM9&AccountSid=acctid&MessageStatus=eaten", NULL, &receipt),
		RD_E_INPUT);
}

static void a_tray_takes_any_account_unless_one_is_named(void **state)
{
	struct rd_provider_account tray = twilio;
	struct rd_provider_text text;
	tray.account = "";
	assert_int_equal(read_signed(*state, &rd_tray, &tray, FIXTURE, &text, NULL), RD_OK);
	tray.account = "another";
	assert_int_equal(read_signed(*state, &rd_tray, &tray, FIXTURE, &text, NULL), RD_E_REFUSED);
}

/* ---- sending, and asking what was sent ---- */

static void a_send_of_twilio_names_number_words_and_receipts(void **state)
{
	struct rd_http_request request;
	struct rd_err err = { 0 };
	assert_int_equal(rd_twilio.build_send(&twilio, &send_one, *state, &request, &err), RD_OK);
	assert_string_equal(
		request.url, "https://api.example.org/2010-04-01/Accounts/acctid/Messages.json");
	assert_non_null(strstr(request.body, "To=%2B447700900123&From=%2B447700900000&Body=RD1"));
	assert_non_null(strstr(request.body,
		"&StatusCallback=https%3A%2F%2Fsms.example.org%2Fsms%2Fline%2Fstatus"));
	assert_string_equal(request.user, "acctid");
	assert_string_equal(request.password, "12345");
}

static void twilio_is_asked_for_the_same_words_since_the_attempt(void **state)
{
	static const struct {
		const char *why;
		const char *body;
		const char *date;
		const char *direction;
		enum rd_asked answer;
	} rows[] = {
		{ "there, plain quotes for typographic ones",
			"RD100001-K7QF: we will answer by 6 December 2026 - \\\"home\\\"",
			"Wed, 18 Nov 2026 11:06:45 +0000", "outbound-api", RD_ASKED_FOUND },
		{ "another day's words", "RD100001-K7QF: we will answer by 7 December 2026 home",
			"Wed, 18 Nov 2026 11:06:45 +0000", "outbound-api", RD_ASKED_ABSENT },
		{ "of before the attempt", "RD100001-K7QF: we will answer by 6 December 2026 home",
			"Wed, 18 Nov 2026 10:06:45 +0000", "outbound-api", RD_ASKED_ABSENT },
		{ "sent by the resident", "RD100001-K7QF: we will answer by 6 December 2026 home",
			"Wed, 18 Nov 2026 11:06:45 +0000", "inbound", RD_ASKED_ABSENT },
		{ "cannot be placed in time",
			"RD100001-K7QF: we will answer by 6 December 2026 home", "soon",
			"outbound-api", RD_ASKED_UNCLEAR },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char body[1024];
		struct rd_provider_asked asked;
		struct rd_err err = { 0 };
		snprintf(body, sizeof body,
			"{\"messages\":[{\"sid\":\"SM5\",\"direction\":\"%s\",\"body\":\"%s\","
			"\"date_created\":\"%s\"}],\"next_page_uri\":null}",
			rows[i].direction, rows[i].body, rows[i].date);
		RD_CLEANUP(rd_http_response_free)
		struct rd_http_response response = answer(200, body);
		assert_int_equal(
			rd_twilio.read_asked(&twilio, &send_one, &response, *state, &asked, &err),
			RD_OK);
		if (asked.answer != rows[i].answer)
			print_error("%s\n", rows[i].why);
		assert_int_equal(asked.answer, rows[i].answer);
	}
}

static void the_next_page_is_asked_for_at_our_own_host_alone(void **state)
{
	struct rd_provider_asked asked;
	struct rd_err err = { 0 };
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response one =
		answer(200, "{\"messages\":[],\"next_page_uri\":\"/2010-04-01/next?Page=1\"}");
	assert_int_equal(
		rd_twilio.read_asked(&twilio, &send_one, &one, *state, &asked, &err), RD_OK);
	assert_int_equal(asked.answer, RD_ASKED_MORE);
	assert_string_equal(asked.next_url, "https://api.example.org/2010-04-01/next?Page=1");
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response two =
		answer(200, "{\"messages\":[],\"next_page_uri\":\"https://evil.example.com/\"}");
	assert_int_equal(
		rd_twilio.read_asked(&twilio, &send_one, &two, *state, &asked, &err), RD_OK);
	assert_int_equal(asked.answer, RD_ASKED_UNCLEAR); /* what stands there is not known */
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response three = answer(200, "{\"messages\":[],\"next_page_uri\":7}");
	assert_int_equal(
		rd_twilio.read_asked(&twilio, &send_one, &three, *state, &asked, &err), RD_OK);
	assert_int_equal(asked.answer, RD_ASKED_UNCLEAR);
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response end = answer(200, "{\"messages\":[],\"next_page_uri\":null}");
	assert_int_equal(
		rd_twilio.read_asked(&twilio, &send_one, &end, *state, &asked, &err), RD_OK);
	assert_int_equal(asked.answer, RD_ASKED_ABSENT);
}

/* ---- received texts, and their pictures ---- */

static void pictures_are_named_by_the_form(void **state)
{
	struct rd_provider_text text;
	assert_int_equal(
		read_signed(*state, &rd_twilio, &twilio,
			"MessageSid=MM1&AccountSid=acctid&From=%2B447700900123&Body=&NumMedia=3"
			"&MediaUrl0=https%3A%2F%2Fapi.example.org%2Fa&MediaContentType0=image%"
			"2Fjpeg&MediaContentType2=image%2F%1B%5B2Jpng"
			"&MediaUrl2=https%3A%2F%2Fapi.example.org%2Fc",
			&text, NULL),
		RD_OK);
	assert_int_equal(text.n_media, 2);
	assert_int_equal(text.n_unplaced, 1);
	assert_string_equal(text.media[0].url, "https://api.example.org/a");
	assert_string_equal(text.media[0].type, "image/jpeg");
	assert_string_equal(text.media[1].url, "https://api.example.org/c");
	assert_string_equal(text.media[1].type, "");
}

/* A signed form may name any place: only the provider's own are asked. */
static void pictures_are_fetched_from_the_provider_alone(void **state)
{
	static const struct {
		const char *url;
		enum rd_rc rc;
		bool with_secret;
	} rows[] = {
		{ "https://api.example.org/2010-04-01/Accounts/a/Messages/b/Media/c", RD_OK, true },
		{ "https://mms.twiliocdn.com/x?y=1", RD_OK, false },
		{ "https://s3-external-1.amazonaws.com/media.twiliocdn.com/x", RD_OK, false },
		{ "https://api.example.org.evil.example.com/x", RD_E_REFUSED, false },
		{ "https://api.example.org@evil.example.com/x", RD_E_REFUSED, false },
		{ "https://mms.twiliocdn.com@evil.example.com/x", RD_E_REFUSED, false },
		{ "https://mms.twiliocdn.com\\@evil.example.com/x", RD_E_REFUSED, false },
		{ "https://eviltwiliocdn.com/x", RD_E_REFUSED, false },
		{ "http://mms.twiliocdn.com/x", RD_E_REFUSED, false },
		{ "https://127.0.0.1/x", RD_E_REFUSED, false },
		{ "https://x.twilio.com:y@intranet/x", RD_E_REFUSED, false },
		{ "https://x.twilio.com:8443/x", RD_E_REFUSED, false },
		{ "https://intranet\\.twilio.com/x", RD_E_REFUSED, false },
		{ "https://intranet#.twilio.com/x", RD_E_REFUSED, false },
		{ "https://twilio.com/x", RD_E_REFUSED, false },
		{ "https://bucket.s3.amazonaws.com/x", RD_OK, false },
		{ "https://bucket.s3.eu-west-1.amazonaws.com/x?X-Amz-Date=@:", RD_OK, false },
		{ "https://s3.eu-west-1.amazonaws.com/x", RD_OK, false },
		{ "https://evil-1.eu-west-1.elb.amazonaws.com/x", RD_E_REFUSED, false },
		{ "https://s3-evil.elb.eu-west-1.amazonaws.com/x", RD_E_REFUSED, false },
		{ "https://ec2-198-51-100-7.compute-1.amazonaws.com/x", RD_E_REFUSED, false },
		{ "https://s3.amazonaws.com.evil.example.com/x", RD_E_REFUSED, false },
		{ "file:///etc/passwd", RD_E_REFUSED, false },
		{ "", RD_E_REFUSED, false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_http_request request = { .user = NULL };
		struct rd_err err = { 0 };
		enum rd_rc rc = rd_twilio.build_media(&twilio, rows[i].url, *state, &request, &err);
		if (rc != rows[i].rc)
			print_error("%s\n", rows[i].url);
		assert_int_equal(rc, rows[i].rc);
		if (rc != RD_OK)
			continue;
		assert_int_equal(request.user != NULL, rows[i].with_secret);
		/* What lies elsewhere is never fetched from inside our own network. */
		assert_int_equal(request.public_only, !rows[i].with_secret);
	}
}

static void received_texts_of_twilio_are_listed(void **state)
{
	struct rd_err err = { 0 };
	struct rd_http_request request;
	struct rd_provider_listed listed;
	const struct rd_provider_window window = { .from_ms = 1795000000000,
		.now_ms = 1795003600000 };
	assert_int_equal(
		rd_twilio.build_list(&twilio, &window, NULL, *state, &request, &err), RD_OK);
	assert_string_equal(request.url,
		"https://api.example.org/2010-04-01/Accounts/acctid/Messages.json?"
		"To=%2B447700900000&DateSent%3E=2026-11-18&PageSize=200");
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response response = answer(200,
		"{\"messages\":["
		"{\"sid\":\"SM1\",\"direction\":\"inbound\",\"status\":\"received\",\"from\":"
		"\"+447700900123\",\"to\":\"+447700900000\",\"body\":\"damp\",\"num_media\":"
		"\"0\",\"date_sent\":\"Wed, 18 Nov 2026 11:06:45 +0000\"},"
		"{\"sid\":\"MM2\",\"direction\":\"inbound\",\"status\":\"received\",\"from\":"
		"\"+447700900123\",\"to\":\"+447700900000\",\"body\":\"\",\"num_media\":\"2\"},"
		"{\"sid\":\"SM3\",\"direction\":\"outbound-api\",\"from\":\"1\",\"body\":\"x\"},"
		"{\"sid\":\"SM4\",\"direction\":\"inbound\",\"status\":\"receiving\",\"from\":"
		"\"1\",\"body\":\"x\"},"
		"{\"sid\":\"SM5\",\"direction\":\"inbound\",\"from\":\"1\",\"body\":null}],"
		"\"next_page_uri\":\"\"}");
	assert_int_equal(
		rd_twilio.read_list(&twilio, &window, "", &response, *state, &listed, &err), RD_OK);
	assert_int_equal(listed.n_texts, 2);
	assert_true(listed.texts[0].sent_ms == 1795000005000);
	assert_int_equal(listed.texts[1].n_media, 1); /* the place where both are told */
	assert_string_equal(listed.texts[1].media[0].url,
		"https://api.example.org/2010-04-01/Accounts/acctid/Messages/MM2/Media.json");
	assert_int_equal(listed.n_unread, 1);
	assert_string_equal(listed.unread[0].id, "SM5");
	assert_null(listed.next_url);
	/* A next page that is no path of our own host is not taken for the end. */
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response elsewhere =
		answer(200, "{\"messages\":[],\"next_page_uri\":\"https://evil.example.com/\"}");
	assert_int_equal(
		rd_twilio.read_list(&twilio, &window, "", &elsewhere, *state, &listed, &err),
		RD_E_AGAIN);
	const struct rd_provider_media *media;
	size_t n;
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response list = answer(200,
		"{\"media_list\":[{\"uri\":\"/2010-04-01/a/Media/ME1.json\",\"content_type\":"
		"\"image/jpeg\"},{\"uri\":\"/2010-04-01/a/Media/ME2.json\"}]}");
	assert_int_equal(rd_twilio.read_media_list(&twilio, listed.texts[1].media[0].url, &list,
				 *state, &media, &n, &err),
		RD_OK);
	assert_int_equal(n, 2);
	assert_string_equal(media[0].url, "https://api.example.org/2010-04-01/a/Media/ME1");
	assert_string_equal(media[0].type, "image/jpeg");
	assert_int_equal(
		rd_twilio.read_media_list(&twilio, media[0].url, &list, *state, &media, &n, &err),
		RD_OK);
	assert_int_equal(n, 0); /* a picture, whatever its bytes look like */
}

#define INBOUND(id, to, service)                                                                   \
	"{\"sid\":\"" id "\",\"direction\":\"inbound\",\"from\":\"+447700900123\",\"to\":\"" to    \
	"\",\"body\":\"damp\",\"messaging_service_sid\":" service "}"

/* The list is the whole account's there: other teams' residents are not ours to read. */
static void a_messaging_service_lists_its_own_texts_alone(void **state)
{
	struct rd_provider_account service = twilio;
	struct rd_http_request request;
	struct rd_provider_listed listed;
	struct rd_err err = { 0 };
	const struct rd_provider_window window = { 0, 1795003600000 };
	service.number = "MG0123456789abcdef0123456789abcdef";
	assert_int_equal(
		rd_twilio.build_list(&service, &window, NULL, *state, &request, &err), RD_OK);
	assert_null(strstr(request.url, "To="));
	RD_CLEANUP(rd_http_response_free)
	struct rd_http_response response =
		answer(200, "{\"messages\":[" INBOUND("SM1", "+447700900001",
				    "\"MG0123456789abcdef0123456789abcdef\"") "," INBOUND("SM2",
				    "+447700900002",
				    "\"MG99999999999999999999999999999999\"") "," INBOUND("SM3",
				    "+447700900003", "null") "],\"next_page_uri\":null}");
	assert_int_equal(
		rd_twilio.read_list(&service, &window, "", &response, *state, &listed, &err),
		RD_OK);
	assert_int_equal(listed.n_texts, 1);
	assert_string_equal(listed.texts[0].id, "SM1");
	assert_int_equal(listed.n_unread, 0);
	assert_int_equal(
		rd_twilio.read_list(&twilio, &window, "", &response, *state, &listed, &err), RD_OK);
	assert_int_equal(listed.n_texts, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(every_known_signature_fits),
		WITH_ARENA(one_flipped_byte_anywhere_is_refused),
		WITH_ARENA(no_token_and_no_signature_are_refused),
		WITH_ARENA(a_form_too_large_to_check_is_not_proved),
		WITH_ARENA(json_needs_the_hash_of_its_body),
		WITH_ARENA(a_text_is_read_from_the_form),
		WITH_ARENA(the_words_stay_untrimmed),
		WITH_ARENA(what_is_missing_is_named),
		WITH_ARENA(receipts_of_twilio_are_read),
		WITH_ARENA(a_tray_takes_any_account_unless_one_is_named),
		WITH_ARENA(a_send_of_twilio_names_number_words_and_receipts),
		WITH_ARENA(twilio_is_asked_for_the_same_words_since_the_attempt),
		WITH_ARENA(the_next_page_is_asked_for_at_our_own_host_alone),
		WITH_ARENA(pictures_are_named_by_the_form),
		WITH_ARENA(pictures_are_fetched_from_the_provider_alone),
		WITH_ARENA(received_texts_of_twilio_are_listed),
		WITH_ARENA(a_messaging_service_lists_its_own_texts_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
