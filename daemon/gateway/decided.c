#include "redress/gateway/decided.h"

#include <stdlib.h>

#include <jansson.h>

#include "redress/base/buf.h"
#include "redress/base/limits.h"
#include "redress/store/reading.h"
#include "redress/store/rule_failures.h"

#define WORDS_BYTES_MAX (RD_TEXT_BYTES_MAX + RD_SUBJECT_BYTES_MAX + 1)

struct deciding {
	struct rd_tx *tx;
	const struct rd_office *office;
	const struct rd_decided *what;
};

/* What stopped a hit stands as the line of its exclusion: the words would be the message's. */
static json_t *hits_as_json(const struct rd_hit *hits, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *hit = json_pack("{s:s,s:f,s:i,s:[i,i],s:s}", "rule", hits[i].rule, "points",
			hits[i].points, "where", (int)hits[i].where, "span", (int)hits[i].from,
			(int)hits[i].to, "layer", hits[i].layer);

		if (hits[i].by_place[0] != '\0')
			json_object_set_new(hit, "by", json_string(hits[i].by_place));
		json_array_append_new(list, hit);
	}
	return list;
}

static json_t *flags_as_json(const bool *flags)
{
	json_t *list = json_array();

	for (int i = 0; i < RD_N_FLAGS; i++)
		if (flags[i])
			json_array_append_new(list, json_string(rd_flag_names[i]));
	return list;
}

/* Binds the row to the words that its offsets are of, for as long as their salt is there. */
static enum rd_rc add_hash_of_words(const struct deciding *d, json_t *detail, struct rd_err *err)
{
	const struct rd_message *message = d->what->matter->message;
	RD_CLEANUP(rd_buf_free) struct rd_buf words = RD_BUF(WORDS_BYTES_MAX);
	char hash[65];
	enum rd_rc rc;

	if (message == NULL || d->what->matter->message_id == 0)
		return RD_OK;
	RD_TRY(rd_buf_add(&words, message->subject, message->subject_len, err));
	RD_TRY(rd_buf_add(&words, "", 1, err)); /* no subject ends where a body begins */
	RD_TRY(rd_buf_add(&words, message->body, message->body_len, err));
	rc = rd_reading_salted_hash(
		rd_tx_db(d->tx), d->what->matter->message_id, words.data, words.len, hash, err);
	if (rc == RD_E_MISSING) /* erased */
		return RD_OK;
	RD_TRY(rc);
	json_object_set_new(detail, "words", json_string(hash));
	return RD_OK;
}

/* Rules that would have been tried, each with the audit row that tells why it was not. */
static enum rd_rc add_off_rules(const struct deciding *d, json_t *detail, struct rd_err *err)
{
	const struct rd_score *score = d->what->matter->score;

	for (size_t i = 0; score != NULL && i < score->n_off_rules; i++) {
		json_t *list = json_object_get(detail, "switched_off");
		int64_t audit_seq = 0;

		if (list == NULL) {
			list = json_array();
			json_object_set_new(detail, "switched_off", list);
		}
		RD_TRY(rd_rule_failures_audit(rd_tx_db(d->tx), d->what->matter->landlord,
			score->off_rules[i], &audit_seq, err));
		json_array_append_new(
			list, json_pack("{s:s,s:o}", "rule", score->off_rules[i], "audit",
				      audit_seq > 0 ? json_integer(audit_seq) : json_null()));
	}
	return RD_OK;
}

/* Everything that the decision can be re-derived from (promise 7): ids, offsets, numbers, and a
 * salted hash of the words. */
enum rd_rc rd_decided_audit(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_decided *what, struct rd_err *err)
{
	const struct deciding deciding = { .tx = tx, .office = office, .what = what };
	const struct deciding *d = &deciding;
	const struct rd_verdict *verdict = d->what->verdict;
	const struct rd_score *score = d->what->matter->score;
	json_t *detail = json_pack("{s:s,s:s,s:s,s:b,s:s,s:s,s:s,s:s,s:o}", "fate",
		rd_fate_names[verdict->fate], "kind", rd_kind_names[verdict->kind], "stage",
		rd_stage_names[verdict->stage], "review", verdict->review, "withheld",
		rd_withheld_names[verdict->withheld], "letter", rd_letter_names[verdict->letter],
		"ruleset", rd_live_sha256(d->office->live), "policy", d->what->policy_version,
		"flags", flags_as_json(verdict->flags));
	char *text;
	enum rd_rc rc;

	RD_ASSERT(detail != NULL);
	if (score != NULL) {
		json_object_set_new(detail, "score", json_real(score->total));
		json_object_set_new(detail, "request_below", json_real(score->request_below));
		json_object_set_new(detail, "complaint_from", json_real(score->complaint_from));
		json_object_set_new(detail, "hits", hits_as_json(score->hits, score->n_hits));
		json_object_set_new(
			detail, "suppressed", hits_as_json(score->suppressed, score->n_suppressed));
	}
	rc = add_off_rules(d, detail, err);
	if (rc == RD_OK)
		rc = add_hash_of_words(d, detail, err);
	if (rc != RD_OK) {
		json_decref(detail);
		return rc;
	}
	text = json_dumps(detail, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(detail);
	RD_ASSERT(text != NULL);
	rc = rd_casework_audit(d->tx, d->office, "decided", d->what->case_id,
		d->what->matter->message_id, 0, text, err);
	free(text);
	return rc;
}
