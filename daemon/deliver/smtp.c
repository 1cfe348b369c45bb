#include "redress/deliver/smtp.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "redress/base/fault.h"
#include "redress/base/limits.h"
#include "redress/deliver/smtp_probe.h"
#include "redress/deliver/smtp_words.h"
#include "redress/wire/credential.h"
#include "redress/wire/sasl.h"
#include "redress/wire/tokens.h"

struct rd_smtp {
	CURL *curl;
	const struct rd_outgoing_config *config;
	int64_t timeout_ms;
	int fd; /* of the kept connection; -1: none */
};

/* How far the transaction has come, by the commands that went out. */
enum stage { STAGE_BEFORE = 0, STAGE_MAIL, STAGE_RCPT, STAGE_DATA };

struct transaction {
	const struct rd_deliver_calls *calls;
	const char *mail;
	size_t len;
	size_t at;
	bool asked_wire; /* on_wire was called, and said yes */
	bool whole;	 /* the last byte has left libcurl: the end may have been sent */
	bool quitting;	 /* libcurl says QUIT after a refusal: that answer is of no interest */
	long code;	 /* of the server's last line */
	enum stage stage;
	struct rd_err err;
	char last[RD_DELIVER_RESPONSE_BYTES]; /* the server's last line */
};

enum rd_rc rd_smtp_new(
	const struct rd_outgoing_config *config, struct rd_smtp **ret_smtp, struct rd_err *err)
{
	if (config->security == RD_SECURITY_PLAIN && !rd_host_is_loopback(config->host))
		return rd_fail(err, RD_E_REFUSED,
			"%s: mail leaves without TLS to loopback alone; write Security: tls",
			config->name);
	struct rd_smtp *smtp = calloc(1, sizeof *smtp);
	RD_ASSERT(smtp);
	smtp->curl = curl_easy_init();
	RD_ASSERT(smtp->curl);
	smtp->config = config;
	smtp->timeout_ms = RD_SMTP_TIMEOUT_MS;
	smtp->fd = -1;
	*ret_smtp = smtp;
	return RD_OK;
}

void rd_smtp_free(struct rd_smtp *smtp)
{
	if (!smtp)
		return;
	/* libcurl says QUIT and would wait two minutes for a server that does not answer it. */
	if (smtp->fd >= 0)
		shutdown(smtp->fd, SHUT_RD);
	curl_easy_cleanup(smtp->curl);
	free(smtp);
}

void rd_smtp_set_timeout(struct rd_smtp *smtp, int64_t timeout_ms)
{
	smtp->timeout_ms = timeout_ms;
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct rd_smtp *smtp = context;
	(void)purpose;
	smtp->fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	return smtp->fd >= 0 ? smtp->fd : CURL_SOCKET_BAD;
}

static int close_socket(void *context, curl_socket_t fd)
{
	struct rd_smtp *smtp = context;
	if (smtp->fd == fd)
		smtp->fd = -1;
	return close(fd);
}

/* Called first when the server has said 354: what stands before is undone by hanging up. */
static size_t give_mail(char *out, size_t size, size_t n, void *context)
{
	struct transaction *t = context;
	if (!t->asked_wire) {
		if (t->calls->on_wire(t->calls->context, &t->err) != RD_OK)
			return CURL_READFUNC_ABORT;
		t->asked_wire = true;
		rd_fault_point("smtp-data-before");
	}
	size_t left = t->len - t->at;
	size_t give = size * n < left ? size * n : left;
	memcpy(out, t->mail + t->at, give);
	t->at += give;
	return give;
}

static size_t take_line(char *data, size_t size, size_t n, void *context)
{
	struct transaction *t = context;
	size_t len = size * n;
	if (t->quitting)
		return len;
	size_t keep = len < sizeof t->last - 1 ? len : sizeof t->last - 1;
	while (keep > 0 && strchr("\r\n", data[keep - 1]))
		keep--;
	for (size_t i = 0; i < keep; i++)
		t->last[i] = (unsigned char)data[i] < ' ' ? ' ' : data[i];
	t->last[keep] = '\0';
	if (t->stage == STAGE_BEFORE)
		rd_sasl_hide(t->last);
	t->code = keep >= 3 && strspn(t->last, "0123456789") == 3 ? strtol(t->last, NULL, 10) : 0;
	return len;
}

static int watch(CURL *curl, curl_infotype type, char *data, size_t len, void *context)
{
	struct transaction *t = context;
	(void)curl;
	if (type != CURLINFO_HEADER_OUT)
		return 0;
	if (len >= 9 && strncmp(data, "MAIL FROM", 9) == 0)
		t->stage = STAGE_MAIL;
	else if (len >= 7 && strncmp(data, "RCPT TO", 7) == 0)
		t->stage = STAGE_RCPT;
	else if (len >= 4 && strncmp(data, "DATA", 4) == 0)
		t->stage = STAGE_DATA;
	else if (len >= 4 && strncmp(data, "QUIT", 4) == 0)
		t->quitting = true;
	return 0;
}

static int progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct transaction *t = context;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	if (t->calls->beat)
		t->calls->beat(t->calls->context);
	return 0;
}

/* What the transaction proves who we are with. */
struct proof {
	struct rd_secret password;
	struct rd_token token;
};

static void wipe_proof(struct proof *proof)
{
	rd_secret_wipe(&proof->password);
	rd_token_wipe(&proof->token);
}

/* Asked while a token is waited for: nobody ends it, but the thread lives. */
static bool beat_on(void *context)
{
	const struct transaction *t = context;
	if (t->calls->beat)
		t->calls->beat(t->calls->context);
	return false;
}

static enum rd_rc set_proof(
	struct rd_smtp *smtp, struct transaction *t, struct proof *proof, struct rd_err *err)
{
	const struct rd_outgoing_config *config = smtp->config;
	const struct rd_token_stop stop = { beat_on, t };
	if (!config->user || !config->user[0])
		return RD_OK;
	curl_easy_setopt(smtp->curl, CURLOPT_USERNAME, config->user);
	if (!config->oauth) {
		RD_TRY(rd_credential_read(&config->password, &proof->password, err));
		curl_easy_setopt(smtp->curl, CURLOPT_PASSWORD, proof->password.text);
		return RD_OK;
	}
	RD_TRY(rd_tokens_get(config->oauth, config->user, &stop, &proof->token, err));
	curl_easy_setopt(smtp->curl, CURLOPT_XOAUTH2_BEARER, proof->token.text);
	/* Never PLAIN with an empty password, whatever the server offers. */
	curl_easy_setopt(smtp->curl, CURLOPT_LOGIN_OPTIONS, "AUTH=OAUTHBEARER;AUTH=XOAUTH2");
	return RD_OK;
}

static enum rd_rc prepare(
	struct rd_smtp *smtp, struct transaction *t, struct proof *proof, struct rd_err *err)
{
	const struct rd_outgoing_config *config = smtp->config;
	CURL *curl = smtp->curl;
	char domain[256];
	char url[1024];
	bool v6 = strchr(config->host, ':') != NULL;
	rd_smtp_own_domain(config->from ? config->from : "", domain);
	int len = snprintf(url, sizeof url, "%s://%s%s%s:%d/%s",
		config->security == RD_SECURITY_TLS ? "smtps" : "smtp", v6 ? "[" : "", config->host,
		v6 ? "]" : "", config->port, domain);
	if (len >= (int)sizeof url)
		return rd_fail(err, RD_E_RANGE, "%s: Host is too long", config->name);
	curl_easy_reset(curl); /* keeps the connection */
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_USE_SSL,
		(long)(config->security == RD_SECURITY_PLAIN ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	if (config->ca_file && config->ca_file[0]) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, config->ca_file);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
		(long)(smtp->timeout_ms < RD_SMTP_CONNECT_MS ? smtp->timeout_ms
							     : RD_SMTP_CONNECT_MS));
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)smtp->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT,
		(long)(smtp->timeout_ms < 1000 ? 1 : smtp->timeout_ms / 1000));
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, smtp);
	curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, smtp);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_line);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_line);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t);
	/* The debug hook is the only way to see which command an answer belongs to. */
	curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, watch);
	curl_easy_setopt(curl, CURLOPT_DEBUGDATA, t);
	/* With a new token comes a new connection: the one before is closed, not kept beside it. */
	curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, 1L);
	return set_proof(smtp, t, proof, err);
}

/* An address goes onto a command line: what could end it, or the command, is refused. */
static bool address_good(const char *address)
{
	size_t len = strlen(address);
	if (len == 0 || len > RD_ADDRESS_BYTES_MAX || !strchr(address, '@'))
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)address[i];
		if (c <= ' ' || c == 0x7f || c == '<' || c == '>')
			return false;
	}
	return true;
}

/* What libcurl says, as the person can mend it who reads the alarm. */
static const char *words_of(CURLcode rc)
{
	if (rc == CURLE_PEER_FAILED_VERIFICATION || rc == CURLE_SSL_ISSUER_ERROR)
		return "the server's certificate is not accepted, and nothing was sent to it; "
		       "check "
		       "`Host:` and `CA file:`";
	if (rc == CURLE_SSL_CACERT_BADFILE)
		return "`CA file:` cannot be read, or holds no certificate";
	if (rc == CURLE_COULDNT_RESOLVE_HOST)
		return "there is no such host; check `Host:`";
	if (rc == CURLE_COULDNT_CONNECT)
		return "no connection; is the server up, and are `Host:` and `Port:` right?";
	if (rc == CURLE_OPERATION_TIMEDOUT)
		return "no answer in time";
	return curl_easy_strerror(rc);
}

static void class_code(const struct transaction *t, long code, struct rd_deliver_result *result)
{
	if (rd_smtp_denies_sender(t->last)) {
		/* Exchange says so behind the mail: it was not taken, and the letter is not to
		 * blame. */
		result->outcome = RD_SEND_AGAIN;
		result->ours = true;
	} else if (code >= 400 && code < 500) {
		result->outcome = RD_SEND_AGAIN;
		result->ours = t->stage < STAGE_RCPT;
	} else if (t->stage >= STAGE_RCPT || code == 552) {
		result->outcome = RD_SEND_REFUSED;
	} else {
		result->outcome = RD_SEND_AGAIN;
		result->ours = true;
	}
}

/* A token that is not taken may be answered by 334 and a few words in JSON; libcurl ends there and
 * never hears the 535 behind it. */
static bool gave_up_login(const struct transaction *t, CURLcode rc)
{
	return rc == CURLE_LOGIN_DENIED && t->code == 334;
}

static void class_end(const struct rd_outgoing_config *config, const struct transaction *t,
	CURLcode rc, struct rd_deliver_result *result)
{
	long code = t->code;
	/* 354 is the answer to DATA: with it as the last, the mail's own answer never came. */
	bool answered = (code >= 400 && code < 600) || gave_up_login(t, rc);
	if (rc == CURLE_OK) {
		result->outcome = RD_SEND_DONE;
	} else if (answered && rc != CURLE_OPERATION_TIMEDOUT && rc != CURLE_RECV_ERROR) {
		class_code(t, code, result);
	} else if (t->whole) {
		result->outcome = RD_SEND_UNCERTAIN;
	} else {
		result->outcome = RD_SEND_AGAIN;
		result->ours = true;
	}
	if (answered && result->ours)
		rd_smtp_say(config, t->stage == STAGE_BEFORE, t->last, result->response,
			sizeof result->response);
	else if (rc == CURLE_OK || (answered && result->outcome != RD_SEND_UNCERTAIN))
		snprintf(result->response, sizeof result->response, "%s", t->last);
	else if (t->err.msg[0])
		snprintf(result->response, sizeof result->response, "%.500s", t->err.msg);
	else
		snprintf(result->response, sizeof result->response, "%.200s port %d: %s",
			config->host, config->port, words_of(rc));
}

/* A kept connection may have died meanwhile: nothing of the letter has left then. */
static bool stale_connection(const struct transaction *t, CURLcode rc, long n_connects)
{
	return rc != CURLE_OK && n_connects == 0 && !t->asked_wire &&
	       (t->code == 0 || t->code == 421 || (t->code >= 200 && t->code < 300));
}

/* The login by token was refused; or a session kept open outlived its token (530). */
static bool token_refused(const struct rd_smtp *smtp, const struct transaction *t, CURLcode rc)
{
	return rc != CURLE_OK && smtp->config->oauth && !t->asked_wire &&
	       (t->stage == STAGE_BEFORE || t->stage == STAGE_MAIL) &&
	       (t->code == 530 || t->code == 534 || t->code == 535 || gave_up_login(t, rc));
}

static enum rd_rc attempt(struct rd_smtp *smtp, const char *recipient, struct transaction *t,
	bool fresh, CURLcode *ret_rc, long *ret_n_connects, struct rd_err *err)
{
	RD_CLEANUP(wipe_proof) struct proof proof = { .password.text = "" };
	CURL *curl = smtp->curl;
	RD_TRY(prepare(smtp, t, &proof, err));
	const char *sender = smtp->config->envelope_sender ? smtp->config->envelope_sender : "";
	struct curl_slist *recipients = curl_slist_append(NULL, recipient);
	RD_ASSERT(recipients);
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, sender);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_mail);
	curl_easy_setopt(curl, CURLOPT_READDATA, t);
	curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->len);
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
	*ret_rc = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, ret_n_connects);
	/* With dots doubled it may be more than the mail; with less, its last line never left. */
	curl_off_t n_left = 0;
	curl_easy_getinfo(curl, CURLINFO_SIZE_UPLOAD_T, &n_left);
	t->whole = t->asked_wire && t->at == t->len && n_left >= (curl_off_t)t->len;
	curl_easy_reset(curl); /* forgets the password and our memory */
	curl_slist_free_all(recipients);
	if (token_refused(smtp, t, *ret_rc))
		rd_tokens_refused(smtp->config->oauth, smtp->config->user, &proof.token);
	return RD_OK;
}

/* Once more, on a new connection: a kept one had died, or the token was refused. */
static bool try_again(const struct rd_smtp *smtp, const struct transaction *t, CURLcode rc,
	long n_connects, bool *stale, bool *refused)
{
	if (!*stale && !*refused && stale_connection(t, rc, n_connects))
		return *stale = true;
	if (!*refused && token_refused(smtp, t, rc))
		return *refused = true;
	return false;
}

void rd_smtp_send(struct rd_smtp *smtp, const char *recipient, const char *mail, size_t len,
	const struct rd_deliver_calls *calls, struct rd_deliver_result *ret_result)
{
	struct rd_deliver_result result = { .provider_id = "", .body = "" };
	const char *sender = smtp->config->envelope_sender ? smtp->config->envelope_sender : "";
	if (!address_good(recipient)) {
		result.outcome = RD_SEND_REFUSED;
		snprintf(result.response, sizeof result.response,
			"the recipient is no address that mail can go to");
		*ret_result = result;
		return;
	}
	if (sender[0] && !address_good(sender)) {
		result.outcome = RD_SEND_AGAIN;
		result.ours = true;
		snprintf(result.response, sizeof result.response,
			"%s: Envelope sender is not an address", smtp->config->name);
		*ret_result = result;
		return;
	}
	for (bool stale = false, refused = false;;) {
		struct transaction t = { .calls = calls, .mail = mail, .len = len };
		struct rd_err err = { 0 };
		CURLcode rc = CURLE_OK;
		long n_connects = 1;
		if (attempt(smtp, recipient, &t, stale || refused, &rc, &n_connects, &err) !=
			RD_OK) {
			result.outcome = RD_SEND_AGAIN;
			result.ours = true;
			snprintf(result.response, sizeof result.response, "%.500s", err.msg);
			break;
		}
		if (try_again(smtp, &t, rc, n_connects, &stale, &refused))
			continue;
		class_end(smtp->config, &t, rc, &result);
		if (t.asked_wire)
			rd_fault_point("smtp-data-after");
		break;
	}
	*ret_result = result;
}

static enum rd_rc no_wire(void *context, struct rd_err *err)
{
	(void)context;
	(void)err;
	return RD_OK;
}

static enum rd_rc check_offer(const struct rd_outgoing_config *config,
	const struct rd_smtp_offer *offer, struct rd_err *err)
{
	if (!config->user[0] || (config->oauth ? offer->token : offer->password))
		return RD_OK;
	if (config->oauth)
		return rd_fail(err, RD_E_REFUSED,
			"%s port %d: the server takes no tokens (it offers neither XOAUTH2 nor "
			"OAUTHBEARER); write `Password:` in place of `OAuth:`, or check `Host:`",
			config->host, config->port);
	if (offer->token)
		return rd_fail(err, RD_E_REFUSED,
			"%s port %d: the server takes no password, only tokens; write an `OAuth:` "
			"stanza and name it here in place of `Password:`",
			config->host, config->port);
	return rd_fail(err, RD_E_REFUSED,
		"%s port %d: the server takes no login here; leave `User:` out, or name the port "
		"for people's mail programs (465 with `Security: tls`, 587 with `starttls`)",
		config->host, config->port);
}

/* One login, and NOOP. *ret_refused: another token may do. */
static enum rd_rc log_in(struct rd_smtp *smtp, bool *ret_refused, struct rd_err *err)
{
	RD_CLEANUP(wipe_proof) struct proof proof = { .password.text = "" };
	const struct rd_deliver_calls calls = { .on_wire = no_wire };
	struct transaction t = { .calls = &calls };
	char says[RD_DELIVER_RESPONSE_BYTES];
	RD_TRY(prepare(smtp, &t, &proof, err));
	curl_easy_setopt(smtp->curl, CURLOPT_CUSTOMREQUEST, "NOOP");
	curl_easy_setopt(smtp->curl, CURLOPT_FRESH_CONNECT, 1L);
	CURLcode rc = curl_easy_perform(smtp->curl);
	curl_easy_reset(smtp->curl);
	*ret_refused = token_refused(smtp, &t, rc);
	if (*ret_refused)
		rd_tokens_refused(smtp->config->oauth, smtp->config->user, &proof.token);
	if (rc == CURLE_OK)
		return RD_OK;
	if (t.code < 400 && !gave_up_login(&t, rc))
		return rd_fail(err, rc == CURLE_LOGIN_DENIED ? RD_E_REFUSED : RD_E_AGAIN,
			"%s port %d: %s", smtp->config->host, smtp->config->port, words_of(rc));
	rd_smtp_say(smtp->config, true, t.last, says, sizeof says);
	return rd_fail(err, t.code >= 400 && t.code < 500 ? RD_E_AGAIN : RD_E_REFUSED,
		"%s port %d: %s", smtp->config->host, smtp->config->port, says);
}

enum rd_rc rd_smtp_try(struct rd_smtp *smtp, struct rd_err *err)
{
	struct rd_smtp_offer offer = { .token = false };
	bool refused = false;
	RD_TRY(rd_smtp_probe(smtp->config, (int)smtp->timeout_ms, &offer, err));
	RD_TRY(check_offer(smtp->config, &offer, err));
	enum rd_rc rc = log_in(smtp, &refused, err);
	return refused ? log_in(smtp, &refused, err) : rc;
}
