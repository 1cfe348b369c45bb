#include "support/intake_world.h"

#include <jansson.h>

#include "redress/base/stanza.h"
#include "redress/intake/imap.h"
#include "redress/wire/oauth.h"
#include "support/rsa_pair.h"

/* Mailboxes that are read with tokens: a real Dovecot asks a local OAuth2 server whose each is. */

#define SECRET "the-client-secret-8Q~x"

struct oauth_world {
	struct intake_world *w;
	struct child dovecot; /* OAUTHBEARER and XOAUTH2 */
	struct child old_way; /* XOAUTH2 alone, as Microsoft */
	struct child server;  /* of tokens */
	int user;
	char user_name[16];
	char secret[128], key[128], certificate[128], account[128], url[64];
	struct rd_oauth_config oauth;
};

static void write_account(const struct oauth_world *o)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(1u << 20);
	struct rd_err err = { 0 };
	const char *pem;
	size_t len;
	assert_int_equal(rd_file_read(o->key, 65536, arena, &pem, &len, &err), RD_OK);
	json_t *account = json_pack("{s:s,s:s,s:s}", "type", "service_account", "client_email",
		"redress@project.example.org", "private_key", pem);
	char *text = json_dumps(account, JSON_INDENT(2));
	pair_write(o->account, text, strlen(text));
	free(text);
	json_decref(account);
}

static int make(void **state)
{
	struct oauth_world *o = calloc(1, sizeof *o);
	struct child maker = { 0 };
	char folder[128], pem[128], key[128], port[32];
	o->w = world_new("oauth");
	child_start(&maker, (const char *[]){ "certificates.py", o->w->dir, NULL });
	child_stop(&maker);
	child_start(&o->server, (const char *[]){ "oauth_server.py", NULL });
	snprintf(pem, sizeof pem, "%s/good.pem", o->w->dir);
	snprintf(key, sizeof key, "%s/good.key", o->w->dir);
	snprintf(port, sizeof port, "oauth=%d", o->server.port);
	snprintf(folder, sizeof folder, "%s/both", o->w->dir);
	child_start(
		&o->dovecot, (const char *[]){ "dovecot_server.py", folder, pem, key, port, NULL });
	snprintf(folder, sizeof folder, "%s/one", o->w->dir);
	child_start(&o->old_way, (const char *[]){ "dovecot_server.py", folder, pem, key, port,
					 "tokens=xoauth2", NULL });
	snprintf(o->secret, sizeof o->secret, "%s/client", o->w->dir);
	snprintf(o->key, sizeof o->key, "%s/app.key", o->w->dir);
	snprintf(o->certificate, sizeof o->certificate, "%s/app.pem", o->w->dir);
	snprintf(o->account, sizeof o->account, "%s/account.json", o->w->dir);
	snprintf(o->url, sizeof o->url, "http://127.0.0.1:%d/token", o->server.port);
	pair_write(o->secret, SECRET "\n", sizeof SECRET);
	gnutls_x509_privkey_t private = pair_key(o->key, 2048);
	pair_certificate(o->certificate, private, time(NULL) + 86400 * 100);
	gnutls_x509_privkey_deinit(private);
	write_account(o);
	*state = o;
	return 0;
}

static int drop(void **state)
{
	struct oauth_world *o = *state;
	child_stop(&o->dovecot);
	child_stop(&o->old_way);
	child_stop(&o->server);
	world_free(o->w);
	free(o);
	return 0;
}

static void new_user(struct oauth_world *o)
{
	char command[64];
	snprintf(o->user_name, sizeof o->user_name, "user%d", ++o->user);
	snprintf(command, sizeof command, "user %s", o->user_name);
	child_ask(&o->server, command);
	o->w->config.user = o->user_name;
}

static int fresh(void **state)
{
	struct oauth_world *o = *state;
	world_reset(o->w);
	child_ask(&o->server, "mode ok");
	child_ask(&o->server, "life 3600");
	child_ask(&o->server, "refuse 0");
	o->oauth = (struct rd_oauth_config){ .name = "m365",
		.kind = RD_OAUTH_MICROSOFT,
		.tenant = "11111111-1111-1111-1111-111111111111",
		.client = "22222222-2222-2222-2222-222222222222",
		.secret = { RD_SECRET_FILE, o->secret },
		.certificate = "",
		.token_url = o->url,
		.scope = "https://outlook.office365.com/.default",
		.ca_file = "",
		.tokens = rd_tokens_new() };
	o->w->config.port = o->dovecot.port;
	o->w->config.oauth = &o->oauth;
	o->w->config.password = (struct rd_secret_place){ .from = RD_SECRET_NONE };
	new_user(o);
	return 0;
}

static int stop(void **state)
{
	struct oauth_world *o = *state;
	rd_thread_join(o->w->thread);
	o->w->thread = NULL;
	rd_tokens_free(o->oauth.tokens);
	return 0;
}

static const char *append(struct oauth_world *o, struct child *dovecot, int n)
{
	char command[80];
	snprintf(command, sizeof command, "append %s INBOX %d 400", o->user_name, n);
	return child_ask(dovecot, command);
}

static enum rd_rc read_once(struct oauth_world *o, struct rd_err *err)
{
	enum rd_rc rc = rd_imap_once(&o->w->source, NULL, -1, err);
	/* Whatever is told, no secret is. */
	assert_null(strstr(err->msg, "tok-"));
	assert_null(strstr(err->msg, SECRET));
	return rc;
}

static void is_read(struct oauth_world *o)
{
	struct rd_err err = { 0 };
	if (read_once(o, &err) != RD_OK)
		fail_msg("%s", err.msg);
}

static long asked(struct oauth_world *o)
{
	return child_number(&o->server, "asked");
}

/* A member of the last form: "NAME", or "claims.NAME" and "header.NAME" of what was signed. */
static void form_has(struct oauth_world *o, const char *name, const char *wanted)
{
	json_error_t why;
	json_t *root = json_loads(child_ask(&o->server, "last"), 0, &why);
	const char *dot = strchr(name, '.');
	char part[32] = "";
	if (dot)
		snprintf(part, sizeof part, "%.*s", (int)(dot - name), name);
	json_t *in = dot ? json_object_get(root, part) : root;
	const char *found = json_string_value(json_object_get(in, dot ? dot + 1 : name));
	if (!found || (wanted && strcmp(found, wanted) != 0))
		fail_msg("%s: %s, not %s", name, found ? found : "(none)", wanted);
	json_decref(root);
}

static void a_mailbox_is_read_with_a_secret(void **state)
{
	struct oauth_world *o = *state;
	append(o, &o->dovecot, 2);
	is_read(o);
	assert_int_equal(o->w->n_accepted, 2);
	form_has(o, "grant_type", "client_credentials");
	form_has(o, "client_id", o->oauth.client);
	form_has(o, "client_secret", SECRET);
	form_has(o, "scope", o->oauth.scope);
}

static void xoauth2_serves_where_the_server_has_nothing_else(void **state)
{
	struct oauth_world *o = *state;
	o->w->config.port = o->old_way.port;
	append(o, &o->old_way, 1);
	is_read(o);
	assert_int_equal(o->w->n_accepted, 1);
}

static void a_certificate_signs_in_place_of_a_secret(void **state)
{
	struct oauth_world *o = *state;
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(4096);
	struct rd_err err = { 0 };
	const char *thumbprint = NULL;
	char command[160];
	o->oauth.secret = (struct rd_secret_place){ .from = RD_SECRET_NONE };
	o->oauth.certificate = o->certificate;
	o->oauth.key = (struct rd_secret_place){ RD_SECRET_FILE, o->key };
	is_read(o);
	assert_int_equal(rd_oauth_thumbprint(o->certificate, arena, &thumbprint, &err), RD_OK);
	form_has(o, "client_assertion_type",
		"urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
	form_has(o, "grant_type", "client_credentials");
	form_has(o, "header.alg", "PS256");
	form_has(o, "header.x5t#S256", thumbprint);
	form_has(o, "claims.aud", o->url);
	form_has(o, "claims.iss", o->oauth.client);
	form_has(o, "claims.sub", o->oauth.client);
	form_has(o, "claims.jti", NULL);
	snprintf(command, sizeof command, "verify %s", o->certificate);
	assert_string_equal(child_ask(&o->server, command), "good");
}

static void use_account(struct oauth_world *o)
{
	o->oauth.kind = RD_OAUTH_GOOGLE;
	o->oauth.client = "";
	o->oauth.secret = (struct rd_secret_place){ .from = RD_SECRET_NONE };
	o->oauth.service_account = (struct rd_secret_place){ RD_SECRET_FILE, o->account };
	o->oauth.scope = "https://mail.google.com/";
}

static void a_service_account_acts_for_each_mailbox(void **state)
{
	struct oauth_world *o = *state;
	char command[160];
	use_account(o);
	long before = asked(o);
	is_read(o);
	form_has(o, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
	form_has(o, "header.alg", "RS256");
	form_has(o, "claims.iss", "redress@project.example.org");
	form_has(o, "claims.sub", o->user_name);
	form_has(o, "claims.scope", "https://mail.google.com/");
	form_has(o, "claims.aud", o->url);
	snprintf(command, sizeof command, "verify %s", o->certificate);
	assert_string_equal(child_ask(&o->server, command), "good");
	is_read(o);
	assert_int_equal(asked(o), before + 1);
	new_user(o);
	world_reset(o->w);
	o->w->config.port = o->dovecot.port;
	o->w->config.oauth = &o->oauth;
	o->w->config.user = o->user_name;
	is_read(o);
	form_has(o, "claims.sub", o->user_name);
	assert_int_equal(asked(o), before + 2);
}

static void a_refresh_token_is_exchanged(void **state)
{
	struct oauth_world *o = *state;
	char path[128];
	snprintf(path, sizeof path, "%s/refresh", o->w->dir);
	pair_write(path, "1//refresh+&=", 13);
	o->oauth.kind = RD_OAUTH_OTHER;
	o->oauth.refresh_token = (struct rd_secret_place){ RD_SECRET_FILE, path };
	is_read(o);
	form_has(o, "grant_type", "refresh_token");
	form_has(o, "refresh_token", "1//refresh+&=");
	form_has(o, "client_secret", SECRET);
}

static void one_token_serves_until_it_is_nearly_over(void **state)
{
	struct oauth_world *o = *state;
	long before = asked(o);
	is_read(o);
	is_read(o);
	assert_int_equal(asked(o), before + 1);
	rd_tokens_turn(o->oauth.tokens, 3300 * 1000 - 60000);
	is_read(o);
	assert_int_equal(asked(o), before + 1);
	rd_tokens_turn(o->oauth.tokens, 60000); /* five minutes before its end */
	is_read(o);
	assert_int_equal(asked(o), before + 2);
}

struct both {
	const struct rd_oauth_config *oauth;
	struct rd_token token;
	enum rd_rc rc;
	struct rd_err err;
};

static void get(struct rd_thread *self, void *context)
{
	struct both *b = context;
	(void)self;
	b->rc = rd_tokens_get(b->oauth, "u", NULL, &b->token, &b->err);
}

static void who_comes_at_once_waits_for_the_same_token(void **state)
{
	struct oauth_world *o = *state;
	struct both many[6] = { 0 };
	struct rd_thread *threads[6];
	struct rd_err err = { 0 };
	long before = asked(o);
	child_ask(&o->server, "mode hold");
	for (size_t i = 0; i < 6; i++) {
		many[i].oauth = &o->oauth;
		assert_int_equal(
			rd_thread_start("get", get, &many[i], 0, 0, &threads[i], &err), RD_OK);
	}
	child_ask(&o->server, "mode ok");
	for (size_t i = 0; i < 6; i++)
		rd_thread_join(threads[i]);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(many[i].rc, RD_OK);
		assert_string_equal(many[i].token.text, many[0].token.text);
	}
	assert_int_equal(asked(o), before + 1);
}

static void a_token_that_is_refused_once_is_fetched_anew(void **state)
{
	struct oauth_world *o = *state;
	long before = asked(o);
	child_ask(&o->server, "refuse 1");
	is_read(o);
	assert_int_equal(asked(o), before + 2);
	o->w->config.port = o->old_way.port; /* XOAUTH2 says it in its own way */
	child_ask(&o->server, "refuse 1");
	is_read(o);
	assert_int_equal(asked(o), before + 3);
}

static void a_mailbox_that_is_not_ours_says_which_right_is_missing(void **state)
{
	static const struct {
		enum rd_oauth_kind kind;
		const char *says;
	} rows[] = {
		{ RD_OAUTH_MICROSOFT, "Add-MailboxPermission" },
		{ RD_OAUTH_GOOGLE, "Admin console" },
		{ RD_OAUTH_OTHER, "whether `Client:` may use this mailbox" },
	};
	struct oauth_world *o = *state;
	struct child *const servers[] = { &o->dovecot, &o->old_way };
	child_ask(&o->server, "user somebody-else");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_err err = { 0 };
		long before = asked(o);
		o->oauth.kind = rows[i].kind;
		o->w->config.port = servers[i % 2]->port;
		assert_int_equal(read_once(o, &err), RD_E_REFUSED);
		if (!strstr(err.msg, rows[i].says) || !strstr(err.msg, o->user_name))
			fail_msg("%s", err.msg);
		assert_in_range(asked(o), before + 1, before + 2);
	}
}

static void each_trouble_of_the_tokens_server_is_told(void **state)
{
	static const struct {
		const char *mode;
		enum rd_rc rc;
		const char *says;
	} rows[] = {
		{ "mode answer 401 {\"error\":\"invalid_client\",\"error_description\":"
		  "\"AADSTS7000222: The provided client secret keys are expired.\"}",
			RD_E_REFUSED, "the secret has expired" },
		{ "mode answer 400 {\"error\":\"unauthorized_client\",\"error_codes\":[700016]}",
			RD_E_REFUSED, "no such app" },
		{ "mode answer 400 {\"error\":\"invalid_scope\"}", RD_E_REFUSED, "`Scope:`" },
		{ "mode answer 400 {\"error\":\"tok-secret!\"}", RD_E_REFUSED, "HTTP 400" },
		{ "mode answer 503 {}", RD_E_AGAIN, "HTTP 503" },
		{ "mode retry 429 7", RD_E_AGAIN, "HTTP 429" },
		{ "mode html 404", RD_E_REFUSED, "`Token URL:`" },
		{ "mode html 302", RD_E_REFUSED, "`Token URL:`" },
		{ "mode html 200", RD_E_REFUSED, "no token that can be used" },
		{ "mode answer 200 {\"access_token\":\"a b\"}", RD_E_REFUSED, "no token" },
		{ "mode answer 200 {\"access_token\":\"a\\r\\nb\"}", RD_E_REFUSED, "no token" },
		{ "mode answer 200 {\"access_token\":\"\"}", RD_E_REFUSED, "no token" },
		{ "mode answer 200 {\"access_token\":7}", RD_E_REFUSED, "no token" },
		{ "mode answer 200 {\"access_token\":\"a\",\"token_type\":\"mac\"}", RD_E_REFUSED,
			"another type" },
		{ "mode long", RD_E_RANGE, "more than" },
	};
	struct oauth_world *o = *state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_err err = { 0 };
		child_ask(&o->server, rows[i].mode);
		enum rd_rc rc = read_once(o, &err);
		if (rc != rows[i].rc || !strstr(err.msg, rows[i].says))
			fail_msg("%s: %d: %s", rows[i].mode, rc, err.msg);
		/* It is remembered: nobody is asked again at once. */
		long before = asked(o);
		struct rd_err again = { 0 };
		assert_int_equal(read_once(o, &again), rows[i].rc);
		assert_string_equal(again.msg, err.msg);
		assert_int_equal(asked(o), before);
		rd_tokens_turn(o->oauth.tokens, RD_TOKENS_PAUSE_MAX_MS);
	}
	child_ask(&o->server, "mode ok");
	is_read(o);
}

static void a_server_may_say_how_long_to_wait(void **state)
{
	struct oauth_world *o = *state;
	struct rd_err err = { 0 };
	child_ask(&o->server, "mode retry 429 1200");
	assert_int_equal(read_once(o, &err), RD_E_AGAIN);
	child_ask(&o->server, "mode ok");
	rd_tokens_turn(o->oauth.tokens, 1200 * 1000 - 60000);
	assert_int_equal(read_once(o, &err), RD_E_AGAIN);
	rd_tokens_turn(o->oauth.tokens, 60000);
	is_read(o);
}

static void a_token_outlives_its_servers_outage(void **state)
{
	struct oauth_world *o = *state;
	struct rd_err err = { 0 };
	is_read(o);
	child_ask(&o->server, "mode answer 500 {}");
	rd_tokens_turn(o->oauth.tokens, 3400 * 1000); /* due to be renewed, and still good */
	is_read(o);
	is_read(o);
	rd_tokens_turn(o->oauth.tokens, 200 * 1000);
	assert_int_equal(read_once(o, &err), RD_E_AGAIN);
	child_ask(&o->server, "mode ok");
	rd_tokens_turn(o->oauth.tokens, RD_TOKENS_PAUSE_MAX_MS);
	is_read(o);
}

static bool at_once(void *context)
{
	(void)context;
	return true;
}

static void a_server_that_never_answers_is_left_when_we_stop(void **state)
{
	struct oauth_world *o = *state;
	struct rd_token_stop now = { at_once, NULL };
	struct rd_token token;
	struct rd_err err = { 0 };
	child_ask(&o->server, "mode hold");
	assert_int_equal(rd_tokens_get(&o->oauth, "u", &now, &token, &err), RD_E_AGAIN);
	child_ask(&o->server, "mode ok");
	/* To be stopped is no failure to be remembered. */
	assert_int_equal(rd_tokens_get(&o->oauth, "u", NULL, &token, &err), RD_OK);
}

static void no_server_is_a_trouble_that_may_pass(void **state)
{
	struct oauth_world *o = *state;
	struct child gone = { 0 };
	struct rd_err err = { 0 };
	char url[64];
	child_start(&gone, (const char *[]){ "oauth_server.py", NULL });
	snprintf(url, sizeof url, "http://127.0.0.1:%d/token", gone.port);
	child_stop(&gone);
	o->oauth.token_url = url;
	assert_int_equal(read_once(o, &err), RD_E_AGAIN);
	assert_non_null(strstr(err.msg, "OAuth m365"));
	assert_non_null(strstr(err.msg, "127.0.0.1"));
	o->oauth.token_url = "http://login.example.org/token";
	rd_tokens_turn(o->oauth.tokens, RD_TOKENS_PAUSE_MAX_MS);
	assert_int_equal(read_once(o, &err), RD_E_REFUSED); /* a secret in the clear */
	assert_non_null(strstr(err.msg, "only https"));
}

static void secrets_that_cannot_be_read_are_named(void **state)
{
	struct oauth_world *o = *state;
	struct rd_err err = { 0 };
	o->oauth.secret.name = "/nowhere/secret";
	assert_int_equal(read_once(o, &err), RD_E_INPUT);
	assert_non_null(strstr(err.msg, "/nowhere/secret"));
}

static void body(struct rd_thread *self, void *context)
{
	struct intake_world *w = context;
	const struct rd_imap_tuning quick = { .pause_first_ms = 20 };
	rd_imap_run(self, &w->source, &quick);
}

static void a_session_that_ends_with_its_token_begins_anew_with_another(void **state)
{
	struct oauth_world *o = *state;
	struct rd_err err = { 0 };
	long before = asked(o);
	assert_int_equal(
		rd_thread_start("mbox/homes", body, o->w, 0, 0, &o->w->thread, &err), RD_OK);
	world_await(o->w, &o->w->n_success, 1);
	child_ask(&o->server, "revoke");
	child_ask(&o->dovecot, "cut");
	append(o, &o->dovecot, 1);
	world_await(o->w, &o->w->n_accepted, 1);
	assert_int_equal(asked(o), before + 2);
	assert_null(strstr(o->w->warning, "tok-"));
	assert_int_equal(o->w->n_alarms, 0);
}

static void no_right_is_an_alarm_with_its_remedy(void **state)
{
	struct oauth_world *o = *state;
	struct rd_err err = { 0 };
	child_ask(&o->server, "user somebody-else");
	assert_int_equal(
		rd_thread_start("mbox/homes", body, o->w, 0, 0, &o->w->thread, &err), RD_OK);
	world_await(o->w, &o->w->n_alarms, 1);
	rd_thread_join(o->w->thread); /* out of a pause of a minute */
	o->w->thread = NULL;
	assert_string_equal(o->w->cause, RD_ALARM_REFUSED);
	assert_non_null(strstr(o->w->alarm, "Add-MailboxPermission"));
	assert_non_null(strstr(o->w->alarm, "admin consent"));
}

static void a_server_without_tokens_is_told_apart(void **state)
{
	struct oauth_world *o = *state;
	struct child old = { 0 };
	char folder[128], pem[128], key[128];
	struct rd_err err = { 0 };
	snprintf(folder, sizeof folder, "%s/none", o->w->dir);
	snprintf(pem, sizeof pem, "%s/good.pem", o->w->dir);
	snprintf(key, sizeof key, "%s/good.key", o->w->dir);
	child_start(&old, (const char *[]){ "dovecot_server.py", folder, pem, key, NULL });
	o->w->config.port = old.port;
	assert_int_equal(read_once(o, &err), RD_E_REFUSED);
	assert_non_null(strstr(err.msg, "takes no tokens"));
	child_stop(&old);
}

static void a_mailbox_that_exchange_does_not_open_says_why(void **state)
{
	struct oauth_world *o = *state;
	struct child exchange = { 0 };
	struct rd_err err = { 0 };
	child_start(&exchange, (const char *[]){ "imap_server.py", NULL });
	child_ask(&exchange, "mode unconnected");
	o->w->config.oauth = NULL; /* it takes what it is given */
	o->w->config.password = (struct rd_secret_place){ RD_SECRET_FILE, o->secret };
	o->w->config.security = RD_SECURITY_PLAIN;
	o->w->config.port = exchange.port;
	assert_int_equal(read_once(o, &err), RD_E_REFUSED);
	assert_non_null(strstr(err.msg, "Set-CASMailbox -ImapEnabled"));
	child_stop(&exchange);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_mailbox_is_read_with_a_secret),
		CASE(xoauth2_serves_where_the_server_has_nothing_else),
		CASE(a_certificate_signs_in_place_of_a_secret),
		CASE(a_service_account_acts_for_each_mailbox),
		CASE(a_refresh_token_is_exchanged),
		CASE(one_token_serves_until_it_is_nearly_over),
		CASE(who_comes_at_once_waits_for_the_same_token),
		CASE(a_token_that_is_refused_once_is_fetched_anew),
		CASE(a_mailbox_that_is_not_ours_says_which_right_is_missing),
		CASE(each_trouble_of_the_tokens_server_is_told),
		CASE(a_server_may_say_how_long_to_wait),
		CASE(a_token_outlives_its_servers_outage),
		CASE(a_server_that_never_answers_is_left_when_we_stop),
		CASE(no_server_is_a_trouble_that_may_pass),
		CASE(secrets_that_cannot_be_read_are_named),
		CASE(a_session_that_ends_with_its_token_begins_anew_with_another),
		CASE(no_right_is_an_alarm_with_its_remedy),
		CASE(a_server_without_tokens_is_told_apart),
		CASE(a_mailbox_that_exchange_does_not_open_says_why),
	};
	return cmocka_run_group_tests(tests, make, drop);
}
