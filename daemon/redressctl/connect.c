/* connect: tries a mailbox, the way out for mail, a number or one of the landlord's own systems end
 * to end, and says in plain words what is wrong. Nothing is sent but a test mail with --send-to, a
 * webhook's events of no case, an empty unsigned text to our own webhook, and with --try-key an
 * Open311 server's key in a request that names no service; nothing is taken in, the store is not
 * opened. Here the numbers and that key; connect_mail.c has the mail, connect_systems.c the rest of
 * the systems. */
#include "connect.h"

#include <stdio.h>
#include <string.h>

#include "desk.h"
#include "print.h"
#include "redress/base/clock.h"
#include "redress/deliver/open311_try.h"
#include "redress/deliver/text.h"
#include "redress/intake/webhook.h"
#include "redress/wire/http.h"
#include "redress/wire/providers/json.h"

#define ARENA_BYTES (32u << 20)

void rd_connect_tell(struct rd_trying *t, const char *what, const char *name, enum rd_rc rc,
	const struct rd_err *err, const struct rd_provider_findings *faults,
	const struct rd_provider_findings *notes)
{
	const bool well = rc == RD_OK && faults->n == 0;
	json_t *says = json_array();
	const char *line;
	json_t *each;
	size_t i;

	t->n++;
	if (rc == RD_E_AGAIN && t->exit == RD_EXIT_DONE)
		t->exit = RD_EXIT_LATER;
	else if (!well && rc != RD_E_AGAIN)
		t->exit = RD_EXIT_FOUND;
	if (rc != RD_OK)
		json_array_append_new(says, rd_json_text(err->msg));
	for (i = 0; i < faults->n; i++)
		json_array_append_new(says, rd_json_text(faults->items[i]));
	for (i = 0; i < notes->n; i++)
		json_array_append_new(says, rd_json_text(notes->items[i]));
	if (t->list != NULL) {
		json_array_append_new(t->list, json_pack("{s:s,s:s,s:b,s:o}", "what", what, "name",
						       name, "well", well, "says", says));
		return;
	}
	printf("%s %s: %s\n", what, name, well ? "in order" : "not in order");
	json_array_foreach(says, i, each)
	{
		line = json_string_value(each);
		printf("  %s\n", line != NULL ? line : "");
	}
	json_decref(says);
}

/* Any page may answer with a status: redressd turns down what is not signed in words of its own,
 * and takes an empty request for a probe where the provider sends them. */
static bool is_redressd(
	const struct rd_texts_config *texts, const struct rd_http_response *response)
{
	const struct rd_provider *provider = rd_provider_of(texts->kind);
	const char *body = rd_buf_str(&response->body);

	if (response->status == 403)
		return strcmp(body, RD_WEBHOOK_NOT_SIGNED) == 0;
	if (response->status == 429)
		return strcmp(body, RD_WEBHOOK_TOO_MANY) == 0;
	return response->status == 200 && provider->takes_get &&
	       strcmp(body, provider->answer_body) == 0;
}

/* The way that the provider's requests come, tried from here: an unsigned one must reach the daemon
 * and be turned down by it (or, by a provider that probes, be taken for a probe). */
static void try_webhook(struct rd_trying *t, const struct rd_texts_config *texts,
	struct rd_provider_findings *findings)
{
	RD_CLEANUP(rd_http_cleanup) struct rd_http *http = NULL;
	RD_CLEANUP(rd_http_response_free) struct rd_http_response response = { 0 };
	struct rd_err err = { 0 };
	bool reached = false;
	const char *url =
		rd_arena_printf(t->arena, "%s/sms/%s", t->config->public_url, texts->name);
	const struct rd_http_request request = {
		.method = "POST",
		.url = url,
		.content_type = "application/x-www-form-urlencoded",
		.body = "",
		.timeout_ms = RD_CONNECT_TIMEOUT_MS,
	};
	enum rd_rc rc;

	if (url == NULL || t->config->public_url[0] == '\0')
		return;
	rc = rd_http_new("", &http, &err);
	if (rc == RD_OK)
		rc = rd_http_ask(http, &request, &response, &reached, &err);
	if (rc != RD_OK)
		rd_provider_find(findings,
			rd_arena_printf(t->arena,
				"The webhook's address %s cannot be reached from this machine "
				"(%s). "
				"Check the name, the certificate, the proxy and the firewall; only "
				"where this machine has no way to itself from outside may it be in "
				"order all the same.",
				url, err.msg));
	else if (!is_redressd(texts, &response))
		rd_provider_find(findings,
			rd_arena_printf(t->arena,
				"The webhook's address %s answers HTTP %ld, not as redressd does. "
				"Check that the proxy hands /sms/ on to `Listen:`, and that "
				"redressd runs.",
				url, response.status));
}

static enum rd_rc try_provider(struct rd_trying *t, const struct rd_texts_config *texts,
	struct rd_provider_findings *findings, struct rd_err *err)
{
	struct rd_text_sender *sender;
	enum rd_rc rc;

	RD_TRY(rd_text_sender_new(texts, t->config->public_url, "", &sender, err));
	rd_text_sender_set_timeout(sender, RD_CONNECT_TIMEOUT_MS);
	rc = rd_text_try(sender, rd_now_ms(&rd_system_clock), t->arena, findings, err);
	rd_text_sender_free(sender);
	return rc;
}

static void try_texts(struct rd_trying *t, const struct rd_texts_config *texts)
{
	const struct rd_provider_findings none = { .n = 0 };
	struct rd_provider_findings findings = { .n = 0 };
	struct rd_err err = { 0 };
	const enum rd_rc rc = try_provider(t, texts, &findings, &err);

	if (texts->kind != RD_TEXTS_TRAY)
		try_webhook(t, texts, &findings);
	rd_connect_tell(t, "Texts", texts->name, rc, &err, &findings, &none);
}

static void try_key(struct rd_trying *t, const struct rd_open311_config *open311)
{
	const struct rd_provider_findings none = { .n = 0 };
	struct rd_open311_tried tried;
	struct rd_err err = { 0 };
	enum rd_rc rc = rd_open311_try_key(open311, RD_CONNECT_TIMEOUT_MS, t->arena, &tried, &err);

	/* What may pass is the one thing that is told then. */
	if (rc == RD_OK && tried.may_pass) {
		rc = rd_fail(&err, RD_E_AGAIN, "%s", tried.faults.items[0]);
		tried.faults = none;
	}
	rd_connect_tell(t, "Open311 key", open311->name, rc, &err, &tried.faults, &tried.notes);
}

static void try_all_of(struct rd_trying *t, const char *name)
{
	const struct rd_config *config = t->config;

	for (size_t i = 0; i < config->n_mailboxes; i++)
		if (strcmp(config->mailboxes[i].name, name) == 0)
			rd_connect_mailbox(t, &config->mailboxes[i]);
	if (config->outgoing != NULL && strcmp(config->outgoing->name, name) == 0)
		rd_connect_outgoing(t, config->outgoing);
	for (size_t i = 0; i < config->n_texts; i++)
		if (strcmp(config->texts[i].name, name) == 0)
			try_texts(t, &config->texts[i]);
	for (size_t i = 0; i < config->n_hooks; i++)
		if (strcmp(config->hooks[i].name, name) == 0)
			rd_connect_hook(t, &config->hooks[i]);
	for (size_t i = 0; i < config->n_open311; i++)
		if (strcmp(config->open311[i].name, name) == 0) {
			rd_connect_open311(t, &config->open311[i]);
			if (t->try_key)
				try_key(t, &config->open311[i]);
		}
}

static bool is_open311(const struct rd_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_open311; i++)
		if (strcmp(config->open311[i].name, name) == 0)
			return true;
	return false;
}

static enum rd_exit no_such(const struct rd_config *config, const char *name)
{
	const char *names[RD_MAILBOXES_MAX + RD_TEXTS_MAX + RD_HOOKS_MAX + RD_OPEN311_MAX + 2] = {
		NULL
	};
	size_t n = 0;

	for (size_t i = 0; i < config->n_mailboxes; i++)
		names[n++] = config->mailboxes[i].name;
	for (size_t i = 0; i < config->n_texts; i++)
		names[n++] = config->texts[i].name;
	for (size_t i = 0; i < config->n_hooks; i++)
		names[n++] = config->hooks[i].name;
	for (size_t i = 0; i < config->n_open311; i++)
		names[n++] = config->open311[i].name;
	if (config->outgoing != NULL)
		names[n++] = config->outgoing->name;
	return rd_ctl_not_one_of(name, names);
}

enum rd_exit rd_ctl_connect(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { { "send-to", required_argument, NULL, 's' },
		{ "try-key", no_argument, NULL, 'k' }, RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_config_cleanup) struct rd_config *config = NULL;
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(ARENA_BYTES);
	struct rd_trying trying = { .arena = arena };
	struct rd_err err = { 0 };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1)
		if (option == 's')
			trying.send_to = optarg;
		else if (option == 'k')
			trying.try_key = true;
		else if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	if (optind + 1 != argc)
		return rd_ctl_usage(ctl);
	if (rd_config_read(ctl->config != NULL ? ctl->config : RD_CTL_CONFIG, &config, &err) !=
		RD_OK)
		return rd_ctl_fail(&err);
	if (trying.send_to != NULL &&
		(config->outgoing == NULL || strcmp(config->outgoing->name, argv[optind]) != 0))
		return rd_ctl_complain(
			"--send-to is for the `Outgoing:` stanza; `%s` is none", argv[optind]);
	if (trying.try_key && !is_open311(config, argv[optind]))
		return rd_ctl_complain(
			"--try-key is for an `Open311:` stanza; `%s` is none", argv[optind]);
	rd_json_wipe_freed();
	trying.config = config;
	trying.list = ctl->json ? json_array() : NULL;
	try_all_of(&trying, argv[optind]);
	if (trying.list != NULL && trying.n > 0)
		rd_json_print(trying.list);
	else if (trying.list != NULL)
		json_decref(trying.list);
	return trying.n > 0 ? trying.exit : no_such(config, argv[optind]);
}
