#include "redress/gateway/flood.h"

#include "redress/store/flood.h"

#define HOUR_MS (3600 * (int64_t)1000)
#define DAY_MS	(24 * HOUR_MS)

static const char words[] =
	"One sender has written more mails than a person does in that time: they are together on "
	"one case, and nothing was sent about them. Read them; what is a complaint of its own has "
	"its own case by `redressctl case split`. If the sender may write that many, name it with "
	"`Many messages from:`.";

static enum rd_rc is_over(struct rd_db *db, const struct rd_message *message, int64_t received_ms,
	int64_t within_ms, int cap, bool *ret_over, struct rd_err *err)
{
	int n = 0;

	if (*ret_over || cap <= 0)
		return RD_OK;
	RD_TRY(rd_flood_count(db, message, received_ms - within_ms, received_ms, cap, &n, err));
	*ret_over = n >= cap;
	return RD_OK;
}

/* By the form's own address: whoever fills it in may call herself a colleague. Who names no address
 * there gets no letter, and is not one with all the others who name none. */
static bool may_write_many(const struct rd_config *config, const struct rd_message *message,
	const struct rd_guarded *guarded)
{
	if (message->by_form)
		return message->from.address[0] == '\0' ||
		       rd_config_writes_many(config, message->form.sender);
	return guarded->passed.by_staff || rd_config_writes_many(config, message->from.address);
}

enum rd_rc rd_flood_look(struct rd_db *db, const struct rd_office *office,
	const struct rd_claimed *claimed, const struct rd_message *message,
	struct rd_guarded *guarded, struct rd_err *err)
{
	const struct rd_config *config = office->config;
	bool over = false;

	if (message->channel != RD_CHANNEL_EMAIL || may_write_many(config, message, guarded))
		return RD_OK;
	RD_TRY(is_over(db, message, claimed->received_ms, HOUR_MS, config->caps.messages_hour,
		&over, err));
	RD_TRY(is_over(
		db, message, claimed->received_ms, DAY_MS, config->caps.messages_day, &over, err));
	guarded->facts.flood = over;
	return RD_OK;
}

enum rd_rc rd_flood_join(struct rd_db *db, const struct rd_claimed *claimed,
	const struct rd_message *message, struct rd_guarded *guarded, struct rd_err *err)
{
	char cause[RD_FLOOD_CAUSE_MAX];

	if (!guarded->facts.flood || guarded->joined_case != 0)
		return RD_OK;
	rd_flood_cause(db, message, claimed->landlord, cause);
	RD_TRY(rd_flood_case(db, cause, &guarded->joined_case, err));
	guarded->facts.flood_together = guarded->joined_case != 0;
	return RD_OK;
}

const char *rd_flood_matter_cause(struct rd_db *db, const struct rd_claimed *claimed,
	const struct rd_message *message, struct rd_arena *arena)
{
	char cause[RD_FLOOD_CAUSE_MAX];

	return rd_arena_strdup(arena, rd_flood_cause(db, message, claimed->landlord, cause));
}

enum rd_rc rd_flood_apply(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_claimed *claimed, const struct rd_message *message,
	const struct rd_guarded *guarded, const struct rd_verdict *verdict, int64_t case_id,
	struct rd_err *err)
{
	char cause[RD_FLOOD_CAUSE_MAX];
	struct rd_flood_note note = {
		.text = words,
		.landlord = claimed->landlord,
		.message_id = claimed->id,
		.case_id = verdict->fate == RD_FATE_OPENED ? case_id : 0,
		.due = rd_date_of(guarded->now_ms),
	};
	const struct rd_policy *policy;
	struct rd_err unused = { 0 };

	if (!guarded->facts.flood || case_id == 0)
		return RD_OK;
	RD_TRY(rd_office_policy(office, claimed->landlord, &policy, err));
	if (rd_workday_next(policy->calendar, rd_date_of(guarded->now_ms), &note.due, &unused) !=
		RD_OK)
		note.due = rd_date_of(guarded->now_ms);
	note.cause = rd_flood_cause(rd_tx_db(tx), message, claimed->landlord, cause);
	return rd_flood_note(tx, &note, guarded->now_ms, err);
}
