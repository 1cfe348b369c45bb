#include "redress/wire/tokens.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "redress/base/backoff.h"
#include "redress/base/clock.h"
#include "redress/wire/oauth.h"

#define USERS_MAX (RD_MAILBOXES_MAX + 1) /* a mailbox each, and the way out */

/* What is known for one user, or for all. Its lock is held while a token is fetched. */
struct entry {
	pthread_mutex_t lock;
	char *user;
	struct rd_token token; /* "" : none */
	int64_t renew_ms;      /* monotonic: from then on another is fetched */
	int64_t ends_ms;       /* and then this one is of no more use */
	int64_t pause_ms;      /* what the pause after failures has grown to; 0: none failed */
	int64_t again_ms;      /* monotonic: not asked before */
	struct rd_err failure;
};

struct rd_tokens {
	pthread_mutex_t lock; /* of n and of each entry's user */
	struct entry entries[USERS_MAX];
	size_t n;
	_Atomic int64_t turned_ms;
};

void rd_token_wipe(struct rd_token *token)
{
	explicit_bzero(token, sizeof *token);
}

struct rd_tokens *rd_tokens_new(void)
{
	struct rd_tokens *tokens = calloc(1, sizeof *tokens);

	RD_ASSERT(tokens != NULL);
	RD_ASSERT(pthread_mutex_init(&tokens->lock, NULL) == 0);
	return tokens;
}

void rd_tokens_free(struct rd_tokens *tokens)
{
	if (tokens == NULL)
		return;
	for (size_t i = 0; i < tokens->n; i++) {
		pthread_mutex_destroy(&tokens->entries[i].lock);
		free(tokens->entries[i].user);
	}
	pthread_mutex_destroy(&tokens->lock);
	explicit_bzero(tokens, sizeof *tokens);
	free(tokens);
}

/* The entry of that user; there are never more of them than mailboxes and servers. */
static struct entry *entry_of(const struct rd_oauth_config *oauth, const char *user)
{
	struct rd_tokens *tokens = oauth->tokens;
	const char *whose = rd_oauth_is_personal(oauth) ? user : "";
	struct entry *entry = NULL;

	pthread_mutex_lock(&tokens->lock);
	for (size_t i = 0; i < tokens->n && entry == NULL; i++)
		if (strcmp(tokens->entries[i].user, whose) == 0)
			entry = &tokens->entries[i];
	if (entry == NULL) {
		RD_ASSERT(tokens->n < USERS_MAX);
		entry = &tokens->entries[tokens->n++];
		RD_ASSERT(pthread_mutex_init(&entry->lock, NULL) == 0);
		entry->user = strdup(whose);
		RD_ASSERT(entry->user != NULL);
	}
	pthread_mutex_unlock(&tokens->lock);
	return entry;
}

void rd_tokens_turn(struct rd_tokens *tokens, int64_t ms)
{
	tokens->turned_ms += ms;
}

static int64_t now_of(const struct rd_oauth_config *oauth)
{
	return rd_monotonic_ms() + oauth->tokens->turned_ms;
}

static void keep(struct entry *entry, const struct rd_oauth_grant *grant, int64_t now_ms)
{
	const int64_t life_ms = grant->life_s * 1000;
	int64_t early_ms = life_ms / RD_TOKENS_EARLY_PART;

	if (early_ms > RD_TOKENS_EARLY_MS)
		early_ms = RD_TOKENS_EARLY_MS;
	entry->token = grant->token;
	entry->renew_ms = now_ms + life_ms - early_ms;
	entry->ends_ms = now_ms + life_ms;
	entry->pause_ms = 0;
}

/* What the server itself wishes counts, within reason. */
static void note_failure(
	struct entry *entry, const struct rd_err *err, int64_t retry_after_s, int64_t now_ms)
{
	int64_t pause_ms =
		rd_backoff_next(entry->pause_ms, RD_TOKENS_PAUSE_MS, RD_TOKENS_PAUSE_MAX_MS);

	entry->pause_ms = pause_ms;
	if (err->code != RD_E_AGAIN && pause_ms < RD_TOKENS_REFUSED_MS)
		pause_ms = RD_TOKENS_REFUSED_MS;
	if (retry_after_s > RD_TOKENS_RETRY_AFTER_MAX_S)
		retry_after_s = RD_TOKENS_RETRY_AFTER_MAX_S;
	if (retry_after_s * 1000 > pause_ms)
		pause_ms = retry_after_s * 1000;
	entry->again_ms = now_ms + pause_ms;
	entry->failure = *err;
}

static enum rd_rc fetch(const struct rd_oauth_config *oauth, const char *user,
	const struct rd_token_stop *stop, struct entry *entry, struct rd_err *err)
{
	struct rd_oauth_grant grant = { .life_s = 0 };
	const int64_t asked_ms = now_of(oauth);
	const enum rd_rc rc =
		rd_oauth_fetch(oauth, user, rd_now_ms(&rd_system_clock), stop, &grant, err);

	if (rc == RD_OK)
		keep(entry, &grant, asked_ms);
	else if (stop == NULL || !stop->stopping(stop->context))
		note_failure(entry, err, grant.retry_after_s, now_of(oauth));
	rd_token_wipe(&grant.token);
	return rc;
}

/* Renewed early, so that a token's server may be out of reach for minutes and nobody notices. */
static enum rd_rc take(const struct rd_oauth_config *oauth, const char *user,
	const struct rd_token_stop *stop, struct entry *entry, struct rd_err *err)
{
	const int64_t now_ms = now_of(oauth);
	const bool has = entry->token.text[0] != '\0';
	enum rd_rc rc;

	if (has && now_ms < entry->renew_ms)
		return RD_OK;
	if (entry->pause_ms > 0 && now_ms < entry->again_ms) {
		*err = entry->failure;
		rc = err->code;
	} else {
		rc = fetch(oauth, user, stop, entry, err);
	}
	if (rc == RD_OK || (has && now_ms < entry->ends_ms))
		return RD_OK;
	rd_token_wipe(&entry->token);
	return rc;
}

enum rd_rc rd_tokens_get(const struct rd_oauth_config *oauth, const char *user,
	const struct rd_token_stop *stop, struct rd_token *ret_token, struct rd_err *err)
{
	struct entry *entry = entry_of(oauth, user);
	enum rd_rc rc;

	pthread_mutex_lock(&entry->lock);
	rc = take(oauth, user, stop, entry, err);
	if (rc == RD_OK)
		*ret_token = entry->token;
	pthread_mutex_unlock(&entry->lock);
	return rc;
}

void rd_tokens_refused(
	const struct rd_oauth_config *oauth, const char *user, const struct rd_token *token)
{
	struct entry *entry = entry_of(oauth, user);

	pthread_mutex_lock(&entry->lock);
	/* Another thread may have fetched a new one meanwhile. */
	if (strcmp(entry->token.text, token->text) == 0)
		rd_token_wipe(&entry->token);
	pthread_mutex_unlock(&entry->lock);
}
