/* case_json: cases and their events as JSON, for the landlord's own systems.
 *
 * How much of a case is shown:
 *
 *   reader   what it is, where it stands, its days, clocks and topics in the rules' own words;
 *            nothing of the resident
 *   officer  also who, and topics in staff's words: address, name, subject line, flags, marks,
 *            who handles it
 *   manager  also the words of the record: definition, outcome wanted, why it was closed
 *
 * A field that is not shown is left out; one that is not known is null. Messages are never shown.
 *
 * Everything returned is a new reference.
 */
#ifndef REDRESS_STORE_CASE_JSON_H
#define REDRESS_STORE_CASE_JSON_H

#include <jansson.h>
#include "redress/store/case_events.h"
#include "redress/store/casebook.h"

enum rd_case_shown { RD_SHOWN_READER = 0, RD_SHOWN_OFFICER, RD_SHOWN_MANAGER };

/* With its clocks. RD_OK: *ret_json. */
RD_MUST_USE enum rd_rc rd_case_json(struct rd_db *db, const struct rd_case *file,
	enum rd_case_shown shown, struct rd_arena *arena, json_t **ret_json, struct rd_err *err);
/* What happened, and what the case was then; the same for everybody. */
json_t *rd_case_event_json(const struct rd_case_event *event);

#endif
