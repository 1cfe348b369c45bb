/* Texts sent through Vonage, Esendex and FireText at a scripted provider, and asked for after a
 * lost answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "redress/base/clock.h"
#include "redress/deliver/text.h"
#include "support/child.h"
#include "support/folder.h"

static const struct {
	enum rd_texts_kind kind;
	const char *account, *user;
	bool can_be_asked;
} kinds[] = {
	{ RD_TEXTS_VONAGE, "abcd1234", "", true },
	{ RD_TEXTS_ESENDEX, "EX0000001", "it@example.org", true },
	{ RD_TEXTS_FIRETEXT, "", "redress", false },
};
#define N_KINDS (sizeof kinds / sizeof kinds[0])

struct world {
	struct child provider;
	char dir[FOLDER_MAX], secret[FOLDER_MAX + 16], api_url[64];
	struct rd_texts_config texts;
	struct rd_text_sender *sender;
	struct rd_arena *arena;
	int n_on_wire;
};

static enum rd_rc on_wire(void *context, struct rd_err *err)
{
	(void)err;
	((struct world *)context)->n_on_wire++;
	return RD_OK;
}

static int before(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	folder_make(w->dir, "texts");
	snprintf(w->secret, sizeof w->secret, "%s/secret", w->dir);
	FILE *file = fopen(w->secret, "we");
	if (!file)
		return -1;
	fputs("secret of the test\n", file);
	fclose(file);
	chmod(w->secret, 0600);
	child_start(&w->provider, (const char *[]){ "provider_server.py", NULL });
	snprintf(w->api_url, sizeof w->api_url, "http://127.0.0.1:%d", w->provider.port);
	w->arena = rd_arena_new(8u << 20);
	*state = w;
	return 0;
}

static int after(void **state)
{
	struct world *w = *state;
	child_stop(&w->provider);
	rd_arena_free(w->arena);
	folder_remove(w->dir);
	free(w);
	return 0;
}

static void open_sender(struct world *w, size_t i)
{
	const struct rd_secret_place secret = { RD_SECRET_FILE, w->secret };
	struct rd_err err = { 0 };
	w->texts = (struct rd_texts_config){ .name = "line",
		.kind = kinds[i].kind,
		.number = "+447700900000",
		.account = kinds[i].account,
		.user = kinds[i].user,
		.token = secret,
		.api_key = secret,
		.api_url = w->api_url,
		.signature = "sha256" };
	assert_int_equal(
		rd_text_sender_new(&w->texts, "https://sms.example.org", "", &w->sender, &err),
		RD_OK);
	rd_text_sender_set_timeout(w->sender, 5000);
	child_ask(&w->provider, "forget");
	child_ask(&w->provider, "mode ok");
	child_ask(&w->provider, "list ok");
}

static struct rd_provider_send text_of(void)
{
	const int64_t now_ms = rd_now_ms(&rd_system_clock);
	return (struct rd_provider_send){ .key = "rd.0123abcd@redress.invalid",
		.to = "+447700900123",
		.body = "RD100001-K7QF: your complaint <stage 1> is logged & we answer by 6 "
			"December",
		.status_url = "",
		.attempted_ms = now_ms,
		.now_ms = now_ms };
}

static struct rd_deliver_result send_text(struct world *w)
{
	const struct rd_deliver_calls calls = { .context = w, .on_wire = on_wire };
	const struct rd_provider_send text = text_of();
	struct rd_deliver_result result;
	rd_text_send(w->sender, &text, &calls, w->arena, &result);
	return result;
}

static void a_text_arrives_as_it_was_written(void **state)
{
	struct world *w = *state;
	for (size_t i = 0; i < N_KINDS; i++) {
		open_sender(w, i);
		struct rd_deliver_result result = send_text(w);
		assert_int_equal(result.outcome, RD_SEND_DONE);
		assert_true(result.provider_id[0] != '\0');
		assert_int_equal(child_number(&w->provider, "total"), 1);
		child_ask(&w->provider, "words");
		assert_string_equal(w->provider.line, text_of().body);
		child_ask(&w->provider, "to");
		assert_string_equal(w->provider.line, "+447700900123");
		if (kinds[i].kind == RD_TEXTS_VONAGE) {
			child_ask(&w->provider, "callback");
			assert_string_equal(
				w->provider.line, "https://sms.example.org/sms/line/status");
		}
		rd_text_sender_free(w->sender);
	}
	assert_int_equal(w->n_on_wire, (int)N_KINDS);
}

/* FireText takes 612 characters: what is longer leaves as two, at the end of a line. */
static void a_longer_text_leaves_as_two(void **state)
{
	struct world *w = *state;
	const struct rd_deliver_calls calls = { .context = w, .on_wire = on_wire };
	struct rd_provider_send text = text_of();
	struct rd_deliver_result result;
	char words[900];
	open_sender(w, 2);
	memset(words, 'a', sizeof words);
	memcpy(words + 500, "\nYou can ask the Ombudsman at any time", 38);
	words[800] = '\0';
	text.body = words;
	rd_text_send(w->sender, &text, &calls, w->arena, &result);
	assert_int_equal(result.outcome, RD_SEND_DONE);
	assert_string_equal(result.provider_id, text.key);
	assert_int_equal(child_number(&w->provider, "total"), 2);
	child_ask(&w->provider, "words");
	assert_string_equal(w->provider.line, words + 501);
	assert_int_equal(w->n_on_wire, 1);
	assert_false(rd_text_leaves_whole(w->sender, words));
	assert_true(rd_text_leaves_whole(w->sender, words + 501));
	/* The first is taken, the second not: it is never begun anew. */
	child_ask(&w->provider, "forget");
	child_ask(&w->provider, "mode once");
	rd_text_send(w->sender, &text, &calls, w->arena, &result);
	assert_int_equal(child_number(&w->provider, "total"), 1);
	assert_int_equal(result.outcome, RD_SEND_REFUSED);
	assert_non_null(strstr(result.response, "only its beginning"));
	rd_text_sender_free(w->sender);
}

static void troubles_are_told_apart(void **state)
{
	static const struct {
		const char *mode;
		enum rd_send outcome;
		bool ours;
	} rows[] = {
		{ "429", RD_SEND_AGAIN, false },
		{ "401", RD_SEND_AGAIN, true },
		{ "500", RD_SEND_UNCERTAIN, false },
		{ "500-taken", RD_SEND_UNCERTAIN, false },
		{ "lost", RD_SEND_UNCERTAIN, false },
		{ "huge", RD_SEND_UNCERTAIN, false },
		{ "307", RD_SEND_AGAIN, true },
	};
	struct world *w = *state;
	for (size_t i = 0; i < N_KINDS; i++) {
		open_sender(w, i);
		for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
			char line[32];
			snprintf(line, sizeof line, "mode %s", rows[k].mode);
			child_ask(&w->provider, line);
			struct rd_deliver_result result = send_text(w);
			if (result.outcome != rows[k].outcome || result.ours != rows[k].ours)
				print_error("kind %d, %s: %s\n", (int)kinds[i].kind, rows[k].mode,
					result.response);
			assert_int_equal(result.outcome, rows[k].outcome);
			assert_int_equal(result.ours, rows[k].ours);
			assert_null(strstr(result.response, "secret of the test"));
		}
		rd_text_sender_free(w->sender);
	}
}

static void an_answer_that_does_not_come_is_uncertain(void **state)
{
	struct world *w = *state;
	for (size_t i = 0; i < N_KINDS; i++) {
		open_sender(w, i);
		rd_text_sender_set_timeout(w->sender, 300);
		child_ask(&w->provider, "mode slow");
		struct rd_deliver_result result = send_text(w);
		assert_int_equal(result.outcome, RD_SEND_UNCERTAIN);
		assert_int_equal(child_number(&w->provider, "total"), 1); /* it was taken */
		rd_text_sender_free(w->sender);
	}
}

static void a_lost_answer_is_asked_for(void **state)
{
	struct world *w = *state;
	for (size_t i = 0; i < N_KINDS; i++) {
		struct rd_provider_asked asked;
		struct rd_err err = { 0 };
		struct rd_provider_send text = text_of();
		open_sender(w, i);
		child_ask(&w->provider, "mode lost");
		assert_int_equal(send_text(w).outcome, RD_SEND_UNCERTAIN);
		text.now_ms += 20 * 60 * 1000;
		assert_int_equal(rd_text_ask(w->sender, &text, w->arena, &asked, &err), RD_OK);
		assert_int_equal(
			asked.answer, kinds[i].can_be_asked ? RD_ASKED_FOUND : RD_ASKED_UNCLEAR);
		child_ask(&w->provider, "others 250"); /* it stands on a later page then */
		assert_int_equal(rd_text_ask(w->sender, &text, w->arena, &asked, &err), RD_OK);
		assert_int_equal(
			asked.answer, kinds[i].can_be_asked ? RD_ASKED_FOUND : RD_ASKED_UNCLEAR);
		child_ask(&w->provider, "list empty");
		assert_int_equal(rd_text_ask(w->sender, &text, w->arena, &asked, &err), RD_OK);
		assert_int_equal(
			asked.answer, kinds[i].can_be_asked ? RD_ASKED_ABSENT : RD_ASKED_UNCLEAR);
		for (int k = 0; k < 2; k++) {
			child_ask(&w->provider, k ? "list html" : "list 500");
			assert_int_equal(rd_text_ask(w->sender, &text, w->arena, &asked, &err),
				kinds[i].can_be_asked ? RD_E_AGAIN : RD_OK);
		}
		rd_text_sender_free(w->sender);
	}
}

/* `redressctl connect` asks this. */
static void an_account_is_proved_without_a_text(void **state)
{
	static const struct {
		const char *line;
		enum rd_rc rc;
		const char *says; /* in the error, or in a finding; NULL: nothing is wrong */
		int64_t ahead_ms; /* our clock */
	} rows[] = {
		{ "template ((body))", RD_OK, NULL, 0 },
		{ "template (( Body ))", RD_OK, NULL, 0 },
		{ "template none", RD_E_REFUSED, "`Template:`", 0 },
		{ "template Dear ((name)) ((body))", RD_OK, "((name))", 0 },
		{ "template ((urgent??Today)) ((body))", RD_OK, "((urgent", 0 },
		{ "template Thank you.", RD_OK, "Housing Ombudsman", 0 },
		{ "template ((body))((body))", RD_OK, "twice", 0 },
		{ "template Homes: ((body))", RD_OK, "adds 7 characters", 0 },
		{ "received 401", RD_E_REFUSED, "check the account", 0 },
		{ "received 401", RD_E_REFUSED, "seconds ahead of Notify's", 40000 },
		{ "received 401", RD_E_REFUSED, "seconds behind Notify's", -40000 },
		{ "received 500", RD_E_AGAIN, "500", 40000 },
	};
	const int64_t now_ms = rd_now_ms(&rd_system_clock);
	struct world *w = *state;
	for (size_t i = 0; i <= N_KINDS; i++) {
		struct rd_provider_findings findings;
		struct rd_err err = { 0 };
		open_sender(w, i < N_KINDS ? i : 0);
		child_ask(&w->provider, "received ok");
		if (i < N_KINDS) {
			assert_int_equal(
				rd_text_try(w->sender, now_ms, w->arena, &findings, &err), RD_OK);
			assert_int_equal(findings.n, 0);
			rd_text_sender_free(w->sender);
			continue;
		}
		rd_text_sender_free(w->sender);
		FILE *file = fopen(w->secret, "we");
		fputs("k-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-"
		      "e847b4f122b0\n",
			file);
		fclose(file);
		w->texts.kind = RD_TEXTS_NOTIFY;
		w->texts.template_id = "f33517ff-2a88-4f6e-b855-c550268ce08a";
		assert_int_equal(rd_text_sender_new(&w->texts, "https://sms.example.org", "",
					 &w->sender, &err),
			RD_OK);
	}
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_provider_findings findings;
		struct rd_err err = { 0 };
		child_ask(&w->provider, rows[i].line);
		enum rd_rc rc = rd_text_try(
			w->sender, now_ms + rows[i].ahead_ms, w->arena, &findings, &err);
		const char *said = rc != RD_OK ? err.msg : findings.n ? findings.items[0] : "";
		if (rc != rows[i].rc || (rows[i].says && !strstr(said, rows[i].says)))
			print_error("%s: %d %s\n", rows[i].line, (int)rc, said);
		assert_int_equal(rc, rows[i].rc);
		if (rows[i].says)
			assert_non_null(strstr(said, rows[i].says));
		else
			assert_int_equal(findings.n, 0);
	}
	assert_int_equal(child_number(&w->provider, "total"), 0);
	rd_text_sender_free(w->sender);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_text_arrives_as_it_was_written, before, after),
		cmocka_unit_test_setup_teardown(a_longer_text_leaves_as_two, before, after),
		cmocka_unit_test_setup_teardown(troubles_are_told_apart, before, after),
		cmocka_unit_test_setup_teardown(
			an_answer_that_does_not_come_is_uncertain, before, after),
		cmocka_unit_test_setup_teardown(a_lost_answer_is_asked_for, before, after),
		cmocka_unit_test_setup_teardown(an_account_is_proved_without_a_text, before, after),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
