#include "redress/intake/pictures.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "redress/base/limits.h"
#include "redress/intake/text_intake.h"
#include "redress/store/tasks.h"
#include "redress/store/text_media.h"

struct fetching {
	const struct rd_poll *poll;
	const struct rd_provider *provider;
	struct rd_provider_account account;
	const struct rd_text_media *media;
	struct rd_pictures *pictures;
	bool unanswered; /* the others wait for the next round */
};

static bool is_redirect(const struct rd_http_response *response)
{
	return response->status >= 300 && response->status < 400;
}

static enum rd_rc ask(struct fetching *f, const char *url, bool redirected,
	struct rd_http_response *response, struct rd_err *err)
{
	struct rd_http_request request;
	bool reached;
	RD_TRY(f->provider->build_media(&f->account, url, f->poll->arena, &request, err));
	request.answer_max = RD_MEDIA_BYTES_MAX;
	if (redirected) /* the place was named by an answer, and not by us */
		request.user = request.password = request.authorization = NULL;
	enum rd_rc rc = rd_http_ask(f->poll->http, &request, response, &reached, err);
	f->unanswered = rc == RD_E_AGAIN;
	return rc;
}

/* The answer, one redirect behind it. RD_E_REFUSED: it will never be given. */
static enum rd_rc get(struct fetching *f, struct rd_http_response *response, struct rd_err *err)
{
	char next[RD_HTTP_URL_BYTES_MAX + 1];
	RD_TRY(ask(f, f->media->url, false, response, err));
	if (is_redirect(response)) {
		RD_TRY(rd_http_follow(f->media->url, response->location, next, err));
		rd_http_response_free(response);
		RD_TRY(ask(f, next, true, response, err));
	}
	if (response->status == 200)
		return RD_OK;
	if (response->status == 404 || response->status == 410)
		return rd_fail(err, RD_E_REFUSED, "a picture is no longer there");
	return rd_fail(err, RD_E_AGAIN, "a picture: HTTP %ld", response->status);
}

static const char *type_of(const struct fetching *f, const struct rd_http_response *response)
{
	const char *type = rd_provider_media_type(response->content_type);
	bool image = strncasecmp(type, "image/", 6) == 0;
	return image || !f->media->type[0] ? type : f->media->type;
}

static enum rd_rc keep(
	struct fetching *f, const struct rd_http_response *response, struct rd_err *err)
{
	const struct rd_provider_media *listed;
	size_t n = 0;
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	RD_TRY(f->provider->read_media_list(
		&f->account, f->media->url, response, f->poll->arena, &listed, &n, err));
	RD_TRY(rd_tx_begin(f->poll->db, &tx, err));
	if (n == 0) {
		RD_TRY(rd_text_media_keep(tx, f->media->id, type_of(f, response),
			rd_buf_str(&response->body), response->body.len, err));
		f->pictures->n_kept++;
		return rd_tx_commit(&tx, err);
	}
	RD_TRY(rd_text_media_drop(tx, f->media->id, err));
	for (size_t i = 0; i < n; i++)
		RD_TRY(rd_text_media_put(tx, f->media->message_id, (int)i + 1, listed[i].url,
			listed[i].type, rd_now_ms(f->poll->clock), err));
	f->pictures->n_put_off += n;
	return rd_tx_commit(&tx, err);
}

static enum rd_rc owe(struct fetching *f, struct rd_tx *tx, int64_t now_ms, struct rd_err *err)
{
	char cause[64];
	char text[300];
	int64_t id;
	bool is_new;
	snprintf(cause, sizeof cause, "picture:%lld", (long long)f->media->id);
	snprintf(text, sizeof text,
		"A picture that came with text %lld could not be fetched. Look at it in the "
		"provider's console, or ask the resident to send it again.",
		(long long)f->media->message_id);
	const struct rd_task task = {
		.kind = "look",
		.case_id = f->media->case_id,
		.message_id = f->media->message_id,
		.cause = cause,
		.text = text,
		.landlord = f->poll->texts->landlord ? f->poll->texts->landlord : "",
		.due = rd_date_of(now_ms),
		.n = 1,
	};
	return rd_task_put(tx, &task, now_ms, &id, &is_new, err);
}

static enum rd_rc put_off(struct fetching *f, bool for_good, struct rd_err *err)
{
	const int64_t now_ms = rd_now_ms(f->poll->clock);
	bool given_up;
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	RD_TRY(rd_tx_begin(f->poll->db, &tx, err));
	RD_TRY(rd_text_media_failed(tx, f->media, for_good, now_ms, &given_up, err));
	if (given_up)
		RD_TRY(owe(f, tx, now_ms, err));
	f->pictures->n_given_up += given_up;
	f->pictures->n_put_off += !given_up;
	return rd_tx_commit(&tx, err);
}

static enum rd_rc fetch_one(struct fetching *f, struct rd_err *err)
{
	RD_CLEANUP(rd_http_response_free) struct rd_http_response response = { 0 };
	struct rd_err why = { 0 };
	enum rd_rc rc = get(f, &response, &why);
	if (rc == RD_OK)
		rc = keep(f, &response, &why);
	if (rc == RD_OK)
		return RD_OK;
	if (rc == RD_E_STORE) {
		*err = why;
		return rc;
	}
	/* A place that is not the provider's, or more bytes than are taken, stays so. */
	return put_off(f, rc == RD_E_REFUSED || rc == RD_E_RANGE, err);
}

enum rd_rc rd_pictures_fetch(
	const struct rd_poll *poll, struct rd_pictures *ret_pictures, struct rd_err *err)
{
	RD_CLEANUP(rd_provider_secrets_wipe) struct rd_provider_secrets secrets = { 0 };
	struct fetching f = { .poll = poll,
		.provider = rd_provider_of(poll->texts->kind),
		.pictures = ret_pictures };
	struct rd_text_media *items;
	int64_t source_id;
	size_t n;
	*ret_pictures = (struct rd_pictures){ 0 };
	if (!f.provider->build_media)
		return RD_OK;
	rd_arena_reset(poll->arena);
	RD_TRY(rd_text_source(poll->db, poll->texts, rd_now_ms(poll->clock), &source_id, err));
	RD_TRY(rd_text_media_due(poll->db, source_id, rd_now_ms(poll->clock), RD_PICTURES_AT_ONCE,
		poll->arena, &items, &n, err));
	if (n == 0)
		return RD_OK;
	RD_TRY(rd_provider_account_read(poll->texts, &secrets, &f.account, err));
	for (size_t i = 0; i < n; i++) {
		f.media = &items[i];
		RD_TRY(fetch_one(&f, err));
		if (f.unanswered)
			return RD_OK;
		if (poll->stopping && poll->stopping(poll->context))
			return RD_OK;
	}
	return RD_OK;
}
