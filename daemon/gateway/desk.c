#include "redress/gateway/desk.h"

#include <string.h>

#include "redress/store/rule_failures.h"
#include "redress/store/rulesets.h"

#define ACTIVATION_ARENA_BYTES (256u << 10)

enum rd_rc rd_desk_open(struct rd_desk *desk, struct rd_store *store,
	const struct rd_config *config, const struct rd_clock *clock, const struct rd_actor *actor,
	struct rd_err *err)
{
	memset(desk, 0, sizeof *desk);
	desk->n_landlords = rd_config_landlords(config, desk->landlords);
	desk->office.config = config;
	desk->office.clock = clock;
	desk->office.actor = *actor;
	RD_TRY(rd_db_open(store, &desk->db, err));
	RD_TRY(rd_live_load(desk->db, desk->landlords, desk->n_landlords, &desk->live, err));
	desk->office.live = desk->live;
	return RD_OK;
}

enum rd_rc rd_desk_refresh(struct rd_desk *desk, bool *ret_changed, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(ACTIVATION_ARENA_BYTES);
	struct rd_activation current;
	struct rd_off_rules off;
	struct rd_live *live = NULL;

	*ret_changed = false;
	RD_TRY(rd_rulesets_current(desk->db, arena, &current, err));
	RD_TRY(rd_rule_failures_off(desk->db, current.id, arena, &off, err));
	/* Under one activation rules are only switched off, never on. */
	if (current.id == rd_live_activation(desk->live) && off.n == rd_live_off(desk->live)->n)
		return RD_OK;
	RD_TRY(rd_live_load(desk->db, desk->landlords, desk->n_landlords, &live, err));
	rd_live_drop(desk->live);
	desk->live = live;
	desk->office.live = live;
	*ret_changed = true;
	return RD_OK;
}

void rd_desk_close(struct rd_desk *desk)
{
	rd_live_drop(desk->live);
	rd_db_close(desk->db);
	desk->live = NULL;
	desk->db = NULL;
}
