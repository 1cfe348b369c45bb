/* The words of decision.h, for the store, the journal and people. */
#include "redress/policy/decision.h"

const char *const rd_guard_names[RD_N_GUARDS + 1] = { "none", "duplicate", "bounce", "read_receipt",
	"out_of_office", "opt_out", "own_message", "erased", "abuse_report", NULL };

const char *const rd_withheld_names[RD_N_WITHHELD + 1] = { "no", "no_letter", "safeguarding",
	"quarantined", "old", "after_backup", "staff", "automatic", "no_reply", "no_address",
	"unauthenticated", "opted_out", "rate_cap", "second_body", "once_a_day", "calendar", NULL };

const char *const rd_task_names[RD_N_TASKS + 1] = { "acknowledge", "define", "review", "read",
	"safeguarding", "urgent", "stage2", "answer_old", "wrong_codes", "other_channel",
	"calendar", "text_late", "contact", "resident", NULL };

const char *const rd_alarm_names[RD_N_ALARMS + 1] = { "calendar_ended", "quarantined",
	"wrong_codes", "danger_untold", NULL };

static const char *const withheld_words[RD_N_WITHHELD] = {
	"The letter goes.",
	"A message of this kind is not answered.",
	"The case is flagged safeguarding: an automatic reply could do harm.",
	"The message could not be taken apart.",
	"The message is old: it was received more than five working days before it was first seen.",
	"The message was received after the backup that the store was restored from.",
	"A colleague wrote the message: a person decides whether to answer, and whom.",
	"The message says that a machine sent it, or asks for no automatic reply.",
	"The message came from an address that takes no replies.",
	"There is no address to send a reply to.",
	"The sender's address could not be confirmed.",
	"The sender asked for no automatic messages.",
	"Too many letters went out to this address, or in total.",
	"The same message came before with other words, and that one was answered.",
	"The case had a letter `added` today.",
	"The calendar of bank holidays ends before the dates that the letter would name.",
};

static const char *const task_words[RD_N_TASKS] = {
	("Acknowledge by hand by this date: no automatic letter goes, or the one that went meets "
	 "no clock. Use `redressctl case acknowledge REF`; where no letter can go (a hold, no "
	 "address), tell the resident in a safe way, then add `--given DAY`."),
	"Confirm or correct what the complaint is about.",
	"Decide what this message is.",
	"Read this message.",
	"Safeguarding: read this today; no letter goes by itself. Choose a safe way to answer.",
	"Urgent (danger, injury or no heating): read this today.",
	"May be asking for stage 2: read it and decide.",
	"Answer this old message by hand.",
	"Somebody tries case codes: look at the messages of this sender.",
	"Our letter came back: reach the resident another way.",
	"The calendar of bank holidays ends: work out the dates, and update the calendar.",
	"A text left outside its hours because it was due: see that it was right.",
	"Get in touch about the answer to the survey.",
	"A colleague passed this on: say who the resident is (`redressctl case contact`).",
};

const char *rd_withheld_words(enum rd_withheld withheld)
{
	return withheld_words[withheld];
}

const char *rd_task_words(enum rd_task_kind task)
{
	return task_words[task];
}
