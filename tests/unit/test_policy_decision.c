#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/arena.h"
#include "redress/base/stanza.h"
#include "redress/policy/decision.h"

/* Every row: the facts and the score in words, and the verdict in words; so that each sentence of
 * the promises that decides something can be read here.
 *
 * Facts: a kind, a flag, or one of the names in set_fact. Without `sms` the channel is email;
 * without `notopic` the message names one topic; received and seen on Friday 20 November 2026,
 * 10:00. Verdict: `fate kind letter|withheld` then, sorted as they come, `task@day`, `clock@due`,
 * marks. */
struct row {
	const char *why;
	const char *facts;
	const char *verdict;
};

static const struct row rows[] = {
	/* The kinds. */
	{ "a sure complaint is acknowledged, on the clock, and a person defines it", "complaint",
		"opened complaint stage1 open acknowledgement define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets" },
	{ "a service request gets its own letter and no clock", "service_request",
		"opened service_request none open service_request" },
	{ "a compliment is thanked for", "compliment", "opened compliment none open compliment" },
	{ "a report of anti-social behaviour", "asb_report",
		"opened asb_report none open asb_report" },
	{ "an enquiry", "enquiry", "opened enquiry none open enquiry" },
	{ "an answer to a survey", "survey_feedback",
		"opened survey_feedback none open survey_feedback" },
	{ "a landlord that promises contact after a bad survey owes it",
		"survey_feedback unhappy "
		"sedgemoor",
		"opened survey_feedback none open survey_feedback contact@2026-12-04 "
		"+survey.contact@2026-12-04" },
	{ "a good answer to a survey is no promise", "survey_feedback sedgemoor",
		"opened survey_feedback none open survey_feedback" },
	{ "sure `other` is kept and never answered", "other", "other other no_letter" },
	{ "sure `other` by text too", "other sms", "other other no_letter" },
	{ "a member's enquiry has a date", "enquiry mp_councillor onehousing",
		"opened enquiry none open enquiry +enquiry.respond@2026-12-04" },
	{ "any other has none", "enquiry onehousing", "opened enquiry none open enquiry" },
	{ "Sedgemoor acknowledges in two days", "complaint sedgemoor",
		"opened complaint stage1 open acknowledgement define@2026-11-24 "
		"+stage1.acknowledge@2026-11-24 +stage1.define@2026-11-24 +stage1.respond@letter "
		"meets" },

	/* Promise 6: no topic, no acknowledgement. */
	{ "where no topic is known `received` goes and a person owes the acknowledgement",
		"complaint notopic",
		"opened complaint stage1 open received define@2026-11-27 acknowledge@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27" },
	{ "by text too", "complaint notopic sms",
		"opened complaint stage1 open received define@2026-11-27 acknowledge@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27" },

	/* Promise 8: what is unsure goes to a person. */
	{ "an unsure complaint: a case of its best kind, `received` at once, the clock runs",
		"complaint unsure",
		"opened complaint none review received review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27" },
	{ "an unsure request", "service_request unsure",
		"opened service_request none review received review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27" },
	{ "`other` but unsure is a review case", "other unsure",
		"opened other none review received review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27" },
	{ "a rule error is never a silent no", "norules",
		"opened other none review received review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27" },
	{ "a picture with a few words that say nothing", "other pictures",
		"opened other none review received review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27" },
	{ "unreadable text", "service_request troubled",
		"opened service_request none review received review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27" },
	{ "nothing left after stripping: a person looks", "service_request nothing_new",
		"opened service_request none review received review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27" },
	{ "a complaint that asks for nothing formal: the choice is offered, no stage 1",
		"complaint asks_not_formal",
		"opened complaint none review choice review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27" },
	{ "a request that asks for nothing formal is a request", "service_request asks_not_formal",
		"opened service_request none open service_request" },
	{ "asking for stage 2 goes to review, and a person owes the answer of Code 6.11",
		"complaint stage2_request",
		"opened complaint none review received review@2026-11-23 stage2@2026-11-27 "
		"+stage1.acknowledge@2026-11-27" },
	{ "`other` with danger in it is not left alone", "other health_safety",
		"opened other none review received urgent@2026-11-20 review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27 block" },

	/* Promise 4. */
	{ "what killed the parser: a case for a person, the clock from receipt",
		"quarantined norules",
		"opened other none review withheld:quarantined read@2026-11-20 "
		"acknowledge@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 !quarantined" },

	/* Promise 5: withheld, never silent. */
	{ "safeguarding: no letter, a person the same day", "complaint safeguarding",
		"opened complaint stage1 open withheld:safeguarding safeguarding@2026-11-20 "
		"define@2026-11-27 acknowledge@2026-11-27 +stage1.acknowledge@2026-11-27 "
		"+stage1.define@2026-11-27 hold" },
	{ "safeguarding on a request", "service_request safeguarding sms",
		"opened service_request none open withheld:safeguarding safeguarding@2026-11-20 "
		"acknowledge@2026-11-27 hold" },
	{ "a held case: what joins it gets no letter either",
		"enquiry joins:service_request known "
		"held",
		"joined enquiry none open withheld:safeguarding safeguarding@2026-11-20 "
		"read@2026-11-23 hold to-case" },
	{ "a complaint on a held case is held too", "complaint joins:service_request known held",
		"opened complaint stage1 open withheld:safeguarding safeguarding@2026-11-20 "
		"define@2026-11-27 acknowledge@2026-11-27 +stage1.acknowledge@2026-11-27 "
		"+stage1.define@2026-11-27 hold linked" },
	{ "loop headers withhold the reply, never the case", "complaint automatic",
		"opened complaint stage1 open withheld:automatic define@2026-11-27 "
		"acknowledge@2026-11-27 +stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27" },
	{ "a mailing list too", "enquiry list",
		"opened enquiry none open withheld:automatic acknowledge@2026-11-27" },
	{ "a no-reply address too", "complaint noreply",
		"opened complaint stage1 open withheld:no_reply define@2026-11-27 "
		"acknowledge@2026-11-27 +stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27" },
	{ "another gateway's letter is scored and not answered", "complaint othergateway",
		"opened complaint stage1 open withheld:automatic define@2026-11-27 "
		"acknowledge@2026-11-27 +stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27" },
	{ "automatic mail that is unsure", "complaint unsure automatic",
		"opened complaint none review withheld:automatic review@2026-11-23 "
		"acknowledge@2026-11-27 +stage1.acknowledge@2026-11-27" },
	{ "the rate cap", "service_request capped",
		"opened service_request none open withheld:rate_cap acknowledge@2026-11-27" },
	{ "opted out", "complaint optedout sms",
		"opened complaint stage1 open withheld:opted_out define@2026-11-27 "
		"acknowledge@2026-11-27 +stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27" },
	{ "failed authentication", "enquiry unauthenticated",
		"opened enquiry none open withheld:unauthenticated acknowledge@2026-11-27" },
	{ "nowhere to answer to", "enquiry noaddress",
		"opened enquiry none open withheld:no_address acknowledge@2026-11-27" },
	{ "a compliment from a machine leaves no duty", "compliment automatic",
		"opened compliment none open withheld:automatic" },
	{ "danger: the letter begins with the block, a person looks today",
		"complaint "
		"health_safety",
		"opened complaint stage1 open acknowledgement urgent@2026-11-20 define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets "
		"block" },
	{ "no heat", "service_request heat_loss",
		"opened service_request none open service_request urgent@2026-11-20 heat-block" },
	{ "injury is urgent and has no block", "complaint personal_injury",
		"opened complaint stage1 open acknowledgement urgent@2026-11-20 define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets" },

	/* What colleagues pass on. */
	{ "a colleague's forward that names a resident: the letter is written and waits",
		"complaint staff names",
		"opened complaint stage1 open acknowledgement define@2026-11-27 "
		"resident@2026-11-23 +stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 "
		"+stage1.respond@letter meets waits" },
	{ "unsure too", "service_request unsure staff names",
		"opened service_request none review received review@2026-11-23 "
		"resident@2026-11-23 +stage1.acknowledge@2026-11-27 waits" },
	{ "one that names nobody, or a note: a case, no letter, a person's duty",
		"service_request staff noaddress",
		"opened service_request none open withheld:staff resident@2026-11-23 "
		"acknowledge@2026-11-27" },
	{ "sure `other` from a colleague is listed like any", "other staff",
		"other other no_letter" },
	{ "a colleague's machine makes us write to nobody", "enquiry staff names automatic",
		"opened enquiry none open withheld:automatic resident@2026-11-23 "
		"acknowledge@2026-11-27" },
	{ "safeguarding holds it as any other", "service_request safeguarding staff names",
		"opened service_request none open withheld:safeguarding safeguarding@2026-11-20 "
		"resident@2026-11-23 acknowledge@2026-11-27 hold" },
	{ "what a colleague adds to a case is read, and the resident gets no letter for it",
		"enquiry staff names joins:complaint",
		"joined enquiry stage1 open withheld:staff read@2026-11-23 to-case" },
	{ "the complaint that grows from it has its letter, which waits",
		"complaint staff names joins:service_request",
		"opened complaint stage1 open acknowledgement define@2026-11-27 "
		"resident@2026-11-23 +stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 "
		"+stage1.respond@letter meets waits linked to-case" },
	{ "the choice is not offered to a colleague",
		"complaint asks_not_formal staff joins:service_request",
		"joined complaint none open withheld:staff review@2026-11-23 "
		"acknowledge@2026-11-27 +stage1.acknowledge@2026-11-27 review to-case" },

	/* Promise 10: joining. */
	{ "what joins gets `added`, to the address on the case, and is read",
		"enquiry joins:complaint known",
		"joined enquiry stage1 open added read@2026-11-23 to-case" },
	{ "but not where the case's own contact takes no replies",
		"enquiry joins:complaint known case:no_reply",
		"joined enquiry stage1 open withheld:no_reply read@2026-11-23 to-case" },
	{ "a stranger's opt-out is not the case's", "enquiry joins:complaint optedout case:no",
		"joined enquiry stage1 open added read@2026-11-23 to-case" },
	{ "a complaint to be answered to the case whose contact opted out is a person's",
		"complaint joins:service_request case:opted_out",
		"opened complaint stage1 open withheld:opted_out define@2026-11-27 "
		"acknowledge@2026-11-27 +stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 "
		"linked to-case" },
	{ "a known sender's own complaint asks nobody else",
		"complaint joins:service_request known case:opted_out",
		"opened complaint stage1 open acknowledgement define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets linked" },
	{ "a machine that joins makes us write to nobody",
		"enquiry joins:complaint automatic case:no",
		"joined enquiry stage1 open withheld:automatic read@2026-11-23 to-case" },
	{ "at most once a day", "enquiry joins:complaint known addedtoday",
		"joined enquiry stage1 open withheld:once_a_day read@2026-11-23 to-case" },
	{ "but danger is answered again", "enquiry joins:complaint known addedtoday heat_loss",
		"joined enquiry stage1 open added urgent@2026-11-20 read@2026-11-23 heat-block "
		"to-case" },
	{ "its flags act at once: safeguarding", "enquiry joins:complaint known safeguarding",
		"joined enquiry stage1 open withheld:safeguarding safeguarding@2026-11-20 "
		"read@2026-11-23 hold to-case" },
	{ "a later text says nothing of the matter",
		"enquiry joins:complaint known sms answeredtext",
		"joined enquiry stage1 open later read@2026-11-23 to-case" },
	{ "thanks at the end join and are no compliment letter", "compliment joins:complaint known",
		"joined compliment stage1 open added read@2026-11-23 to-case" },
	{ "even `other` joins", "other joins:complaint known",
		"joined other stage1 open added read@2026-11-23 to-case" },
	{ "more of the same complaint joins it", "complaint joins:complaint known",
		"joined complaint stage1 open added read@2026-11-23 to-case" },
	{ "on a service request a complaint opens the linked case, received that day",
		"complaint joins:service_request known",
		"opened complaint stage1 open acknowledgement define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets "
		"linked" },
	{ "from an address new to the case the letter goes to the one on it",
		"complaint joins:service_request",
		"opened complaint stage1 open acknowledgement define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets "
		"linked to-case" },
	{ "a second linked complaint is for a person",
		"complaint joins:service_request known "
		"haslinked",
		"joined complaint none open added review@2026-11-23 +stage1.acknowledge@2026-11-27 "
		"review to-case" },
	{ "unsure on a service request: review, and its clock runs",
		"complaint unsure "
		"joins:service_request known",
		"joined complaint none open added review@2026-11-23 +stage1.acknowledge@2026-11-27 "
		"review to-case" },
	{ "unsure on a complaint: review, the clock runs already",
		"enquiry unsure joins:complaint "
		"known",
		"joined enquiry stage1 open added review@2026-11-23 review to-case" },
	{ "nothing formal on a request: no linked case yet, and the choice is offered",
		"complaint asks_not_formal joins:service_request known addedtoday",
		"joined complaint none open choice review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27 "
		"review to-case" },
	{ "the choice is offered once a day",
		"complaint asks_not_formal joins:service_request known choicetoday addedtoday",
		"joined complaint none open withheld:once_a_day review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27 "
		"review to-case" },
	{ "where the case began with it, what joins is added",
		"complaint asks_not_formal joins:complaint underreview known choicetoday",
		"joined complaint stage1 review added review@2026-11-23 review to-case" },
	{ "by text the choice is a matter: not named",
		"complaint asks_not_formal "
		"joins:service_request known sms answeredtext",
		"joined complaint none open later review@2026-11-23 +stage1.acknowledge@2026-11-27 "
		"review to-case" },
	{ "by mail on a case whose letters go to a number neither",
		"complaint asks_not_formal joins:service_request known textcase answeredtext",
		"joined complaint none open later review@2026-11-23 +stage1.acknowledge@2026-11-27 "
		"review to-case" },
	{ "by text on a case whose letters go by mail it is",
		"complaint asks_not_formal joins:service_request sms mailcase",
		"joined complaint none open choice review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27 review to-case" },
	{ "stage 2 asked for on an answered complaint",
		"complaint stage2_request joins:complaint "
		"known answered",
		"joined complaint stage1 answered added review@2026-11-23 stage2@2026-11-27 review "
		"to-case" },
	{ "unhappy with the answer is enough (Code 6.10)",
		"complaint joins:complaint known answered",
		"joined complaint stage1 answered added review@2026-11-23 stage2@2026-11-27 review "
		"to-case" },
	{ "a reply COMPLAINT to the offer opens the linked complaint with the request's topics",
		"service_request notopic says_complaint joins:service_request known casetopic",
		"opened complaint stage1 open acknowledgement define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets "
		"linked" },
	{ "by text the same",
		"other notopic says_complaint joins:service_request known casetopic "
		"sms answeredtext",
		"opened complaint stage1 open acknowledgement define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets "
		"linked" },
	{ "COMPLAINT where the request named no topic: a person acknowledges",
		"other notopic says_complaint joins:service_request known",
		"opened complaint stage1 open received define@2026-11-27 acknowledge@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 linked" },
	{ "COMPLAINT on a case under review: it becomes one, its clock from its receipt",
		"other notopic says_complaint joins:service_request known underreview casetopic",
		"joined complaint stage1 open acknowledgement define@2026-11-25 "
		"+stage1.acknowledge@2026-11-25 +stage1.define@2026-11-25 +stage1.respond@letter "
		"meets "
		"begins to-case" },
	{ "by text too, but it says nothing of the matter where the number was answered",
		"other notopic says_complaint joins:service_request known underreview casetopic "
		"sms answeredtext",
		"joined complaint stage1 open later define@2026-11-25 acknowledge@2026-11-25 "
		"+stage1.acknowledge@2026-11-25 +stage1.define@2026-11-25 begins to-case" },
	{ "by mail too, where the case's letters go to that number",
		"other notopic says_complaint joins:service_request known underreview casetopic "
		"textcase answeredtext",
		"joined complaint stage1 open later define@2026-11-25 acknowledge@2026-11-25 "
		"+stage1.acknowledge@2026-11-25 +stage1.define@2026-11-25 begins to-case" },
	{ "its first answer by text names the topics",
		"other notopic says_complaint joins:service_request known underreview casetopic "
		"sms",
		"joined complaint stage1 open acknowledgement define@2026-11-25 "
		"+stage1.acknowledge@2026-11-25 +stage1.define@2026-11-25 +stage1.respond@letter "
		"meets begins to-case" },
	{ "COMPLAINT where nothing formal was wanted: stage 1 begins now",
		"other notopic says_complaint joins:complaint known underreview casetopic informal",
		"joined complaint stage1 open acknowledgement define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets "
		"begins to-case" },
	{ "a stranger's COMPLAINT with the right code begins nothing: a person decides",
		"other notopic says_complaint joins:service_request underreview casetopic",
		"joined complaint none review added review@2026-11-23 review to-case" },
	{ "on a complaint that wants nothing formal too",
		"other notopic says_complaint joins:complaint underreview casetopic informal",
		"joined complaint stage1 review added review@2026-11-23 review to-case" },
	{ "COMPLAINT on an open complaint changes nothing",
		"other notopic says_complaint "
		"joins:complaint known",
		"joined complaint stage1 open added read@2026-11-23 to-case" },
	{ "COMPLAINT out of the blue is a complaint", "other notopic says_complaint sms",
		"opened complaint stage1 open received define@2026-11-27 acknowledge@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27" },
	{ "possibly related, not joined", "complaint related",
		"opened complaint stage1 open acknowledgement define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets "
		"related" },
	{ "after five wrong codes a person is told", "enquiry locked",
		"opened enquiry none open enquiry wrong_codes@2026-11-20 !wrong_codes" },
	{ "whatever the message is", "other locked",
		"other other no_letter wrong_codes@2026-11-20 !wrong_codes" },

	/* One of too many: nothing is set going, and what names a case is read there. */
	{ "what joins nothing is together under review", "complaint flood",
		"opened complaint none review withheld:rate_cap +stage1.acknowledge@2026-11-27" },
	{ "where that case is there it is all there", "complaint flood together joins:complaint",
		"joined complaint stage1 open withheld:rate_cap to-case" },
	{ "a word to the resident's own case is read there", "enquiry flood joins:complaint known",
		"joined enquiry stage1 open withheld:rate_cap read@2026-11-23 to-case" },
	{ "and `other` too", "other flood joins:complaint known",
		"joined other stage1 open withheld:rate_cap read@2026-11-23 to-case" },
	{ "a complaint about a request opens none, a person decides",
		"complaint flood joins:service_request known",
		"joined complaint none open withheld:rate_cap review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27 review to-case" },
	{ "COMPLAINT begins none",
		"other flood says_complaint joins:service_request known "
		"underreview casetopic",
		"joined complaint none review withheld:rate_cap review@2026-11-23 review "
		"to-case" },
	{ "nor does stage 2, but its day is kept",
		"other flood joins:complaint known answered mayescalate reply:stage2",
		"joined other stage1 answered withheld:rate_cap review@2026-11-23 "
		"stage2@2026-11-27 review to-case" },
	{ "unhappy with the answer is a person's as ever",
		"complaint flood joins:complaint known answered",
		"joined complaint stage1 answered withheld:rate_cap review@2026-11-23 "
		"stage2@2026-11-27 review to-case" },

	/* Promise 3: the same mail with another body. */
	{ "a second body joins the first one's case and is shown to a person",
		"complaint second joins:service_request known",
		"joined complaint none open withheld:second_body read@2026-11-23 to-case" },

	{ "where the first one had no case it was never answered: this one is, and shown",
		"complaint second",
		"opened complaint stage1 open acknowledgement read@2026-11-23 define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets" },
	{ "a request too", "service_request second",
		"opened service_request none open service_request read@2026-11-23" },

	/* Promise 11. */
	{ "an old complaint: never answered by itself, its own task, overdue at once",
		"complaint old",
		"opened complaint stage1 open withheld:old define@2026-11-09 answer_old@2026-11-09 "
		"+stage1.acknowledge@2026-11-09 +stage1.define@2026-11-09 old" },
	{ "an old unsure message", "service_request unsure old",
		"opened service_request none review withheld:old review@2026-11-20 "
		"answer_old@2026-11-09 +stage1.acknowledge@2026-11-09 old" },
	{ "an old flagged message", "enquiry old vulnerable",
		"opened enquiry none open withheld:old answer_old@2026-11-09 old" },
	{ "only the rest share one row", "enquiry old",
		"opened enquiry none open withheld:old answer_old@2026-11-20:shared old" },
	{ "five working days are not old yet", "enquiry fivedays",
		"opened enquiry none open enquiry" },
	{ "old `other` needs nobody", "other old", "other other no_letter old" },
	{ "received since the backup", "enquiry sincebackup",
		"opened enquiry none open withheld:after_backup acknowledge@2026-11-27" },

	/* Promise 12: the guards. */
	{ "a duplicate", "complaint guard:duplicate", "duplicate other no_letter" },
	{ "a bounce", "complaint guard:bounce", "guarded other no_letter" },
	{ "a bounce of our letter: the gateway knows which", "other guard:bounce joins:complaint",
		"guarded other no_letter" },
	{ "an out-of-office", "other guard:out_of_office joins:complaint",
		"guarded other no_letter" },
	{ "a lone opt-out word", "other guard:opt_out sms", "guarded other no_letter" },
	{ "`cancel` may mean a repair: shown where a case is open",
		"other guard:opt_out sms "
		"joins:service_request",
		"guarded other no_letter read@2026-11-23" },
	{ "our own message", "complaint guard:own_message", "guarded other no_letter" },
	{ "a read receipt", "other guard:read_receipt", "guarded other no_letter" },

	/* Replies to letters about a complaint. */
	{ "stage 2 in so many words, after the answer",
		"other reply:stage2 joins:complaint answered mayescalate known",
		"joined other stage2 open added read@2026-11-23 to-case escalates" },
	{ "a complaint that is sure to ask for it",
		"complaint stage2_request asks2 joins:complaint answered mayescalate known",
		"joined complaint stage2 open added read@2026-11-23 to-case escalates" },
	{ "that the rules only think so is for a person",
		"complaint stage2_request joins:complaint answered mayescalate known",
		"joined complaint stage1 answered added review@2026-11-23 stage2@2026-11-27 review "
		"to-case" },
	{ "an unsure one is a person's",
		"complaint unsure stage2_request asks2 joins:complaint answered mayescalate known",
		"joined complaint stage1 answered added review@2026-11-23 stage2@2026-11-27 review "
		"to-case" },
	{ "before the answer it is a person's", "other reply:stage2 joins:complaint known",
		"joined other stage1 open added read@2026-11-23 to-case" },
	{ "a stranger's", "other reply:stage2 joins:complaint answered mayescalate",
		"joined other stage1 answered added read@2026-11-23 to-case" },
	{ "a colleague's", "other reply:stage2 joins:complaint answered mayescalate known staff",
		"joined other stage1 answered withheld:staff read@2026-11-23 to-case" },
	{ "a sender who may be another",
		"other reply:stage2 joins:complaint answered mayescalate known unauthenticated",
		"joined other stage1 answered withheld:unauthenticated read@2026-11-23 to-case" },
	{ "thanks ask for nothing", "compliment reply:thanks joins:complaint answered known",
		"joined compliment stage1 answered no_letter to-case" },
	{ "however unsure the rules are of it", "other unsure reply:thanks joins:complaint known",
		"joined other stage1 open no_letter to-case" },
	{ "that all is well opens no closed case again",
		"other unsure reply:content joins:complaint closed known",
		"joined other stage1 closed no_letter to-case" },
	{ "that all is well may end one that runs: it is read",
		"other unsure reply:content joins:complaint known",
		"joined other stage1 open added review@2026-11-23 review to-case" },
	{ "thanks with a picture are read", "other reply:thanks pictures joins:complaint known",
		"joined other stage1 open added review@2026-11-23 review to-case" },
	{ "thanks on another case are read", "other reply:thanks joins:service_request known",
		"joined other none open added read@2026-11-23 to-case" },
	{ "a yes to the definition", "other reply:agrees joins:complaint definitionopen known",
		"joined other stage1 open agree to-case agrees" },
	{ "a yes to nothing", "other reply:agrees joins:complaint known",
		"joined other stage1 open added read@2026-11-23 to-case" },
	{ "a withdrawal is for a person to believe", "other reply:withdraws joins:complaint known",
		"joined other stage1 open added review@2026-11-23 review to-case" },

	/* Promise 6: past the calendar. */
	{ "past the last full year the case opens, a person has the task today, the letter waits",
		"complaint endofcalendar",
		"opened complaint stage1 open withheld:calendar define@2028-12-28 "
		"calendar@2028-12-28 +stage1.acknowledge@none +stage1.define@none calendar-ended "
		"!calendar_ended" },
	{ "not for what needs no date yet", "enquiry endofcalendar",
		"opened enquiry none open enquiry" },
};

struct fixture {
	struct rd_arena *arena;
	struct rd_calendar *calendar;
	struct rd_landlord code, sedgemoor, one_housing;
};

static int setup(void **state)
{
	static struct fixture f;
	static const char *const names[] = { "code-2024", "homes-in-sedgemoor", "one-housing" };
	struct rd_landlord *const landlords[] = { &f.code, &f.sedgemoor, &f.one_housing };
	struct rd_err err = { 0 };
	const char *text;
	size_t len;

	memset(&f, 0, sizeof f);
	f.arena = rd_arena_new(4u << 20);
	if (rd_file_read(RD_SOURCE_DIR "/rules/calendars/bank-holidays.json", 1u << 20, f.arena,
		    &text, &len, &err) != RD_OK ||
		rd_calendar_parse("c", text, len, RD_ENGLAND, NULL, 0, &f.calendar, &err) != RD_OK)
		fail_msg("%s", err.msg);
	for (int i = 0; i < 3; i++) {
		char path[256];
		snprintf(path, sizeof path, "%s/rules/landlords/%s.landlord", RD_SOURCE_DIR,
			names[i]);
		if (rd_file_read(path, 1u << 20, f.arena, &text, &len, &err) != RD_OK ||
			rd_landlord_parse(path, text, len, names[i], f.arena, landlords[i], &err) !=
				RD_OK)
			fail_msg("%s", err.msg);
	}
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rd_calendar_free(f->calendar);
	rd_arena_free(f->arena);
	return 0;
}

static int64_t at(int year, int month, int day)
{
	return rd_date_at_ms((struct rd_date){ year, month, day }, 10, 0);
}

static void set_received(struct rd_facts *facts, int64_t received_ms)
{
	facts->received_ms = received_ms;
}

static bool set_joined(const char *word, struct rd_joined_case *joined)
{
	if (strncmp(word, "joins:", 6) == 0) {
		joined->present = rd_kind_parse(word + 6, &joined->kind);
		joined->stage = joined->kind == RD_COMPLAINT ? RD_STAGE_1 : RD_STAGE_NONE;
		joined->status = RD_STATUS_OPEN;
		joined->received = (struct rd_date){ 2026, 11, 18 };
		return joined->present;
	}
	if (strcmp(word, "held") == 0)
		joined->safeguarding_hold = true;
	else if (strcmp(word, "addedtoday") == 0)
		joined->added_sent_today = true;
	else if (strcmp(word, "textcase") == 0)
		joined->by_text = true;
	else if (strcmp(word, "mailcase") == 0)
		joined->by_text = false;
	else if (strcmp(word, "choicetoday") == 0)
		joined->choice_sent_today = true;
	else if (strcmp(word, "answeredtext") == 0)
		joined->first_text_answered = true;
	else if (strcmp(word, "haslinked") == 0)
		joined->has_open_linked_complaint = true;
	else if (strcmp(word, "answered") == 0)
		joined->status = RD_STATUS_ANSWERED;
	else if (strcmp(word, "closed") == 0)
		joined->status = RD_STATUS_CLOSED;
	else if (strcmp(word, "underreview") == 0)
		joined->status = RD_STATUS_REVIEW;
	else if (strcmp(word, "casetopic") == 0)
		joined->n_topics = 1;
	else if (strcmp(word, "informal") == 0)
		joined->flags[RD_ASKS_NOT_FORMAL] = true;
	else if (strcmp(word, "mayescalate") == 0)
		joined->may_escalate = true;
	else if (strcmp(word, "definitionopen") == 0)
		joined->definition_open = true;
	else
		return false;
	return true;
}

static bool set_fact(const char *word, struct rd_facts *facts)
{
	static const struct {
		const char *word;
		size_t offset;
	} bools[] = {
		{ "troubled", offsetof(struct rd_facts, troubled) },
		{ "nothing_new", offsetof(struct rd_facts, nothing_new) },
		{ "pictures", offsetof(struct rd_facts, pictures) },
		{ "asks2", offsetof(struct rd_facts, asks_stage2) },
		{ "quarantined", offsetof(struct rd_facts, quarantined) },
		{ "says_complaint", offsetof(struct rd_facts, says_complaint) },
		{ "second", offsetof(struct rd_facts, second_body) },
		{ "flood", offsetof(struct rd_facts, flood) },
		{ "together", offsetof(struct rd_facts, flood_together) },
		{ "known", offsetof(struct rd_facts, sender_known) },
		{ "related", offsetof(struct rd_facts, possibly_related) },
		{ "locked", offsetof(struct rd_facts, codes_locked_now) },
		{ "noaddress", offsetof(struct rd_facts, no_address) },
		{ "capped", offsetof(struct rd_facts, rate_capped) },
		{ "optedout", offsetof(struct rd_facts, opted_out) },
		{ "unauthenticated", offsetof(struct rd_facts, unauthenticated) },
		{ "sincebackup", offsetof(struct rd_facts, after_backup) },
		{ "staff", offsetof(struct rd_facts, by_staff) },
		{ "names", offsetof(struct rd_facts, names_resident) },
		{ "automatic", offsetof(struct rd_facts, automatic.auto_submitted) },
		{ "list", offsetof(struct rd_facts, automatic.list) },
		{ "noreply", offsetof(struct rd_facts, automatic.no_reply_address) },
		{ "othergateway", offsetof(struct rd_facts, automatic.from_redress) },
	};

	for (size_t i = 0; i < sizeof bools / sizeof bools[0]; i++) {
		if (strcmp(bools[i].word, word) != 0)
			continue;
		*(bool *)((char *)facts + bools[i].offset) = true;
		return true;
	}
	if (strcmp(word, "sms") == 0) {
		facts->channel = RD_CHANNEL_SMS;
		facts->joined.by_text = true;
	} else if (strcmp(word, "old") == 0) {
		set_received(facts, at(2026, 11, 2));
	} else if (strcmp(word, "fivedays") == 0) {
		set_received(facts, at(2026, 11, 13));
	} else if (strcmp(word, "endofcalendar") == 0) {
		set_received(facts, at(2028, 12, 28));
		facts->first_seen_ms = facts->now_ms = facts->received_ms;
	} else if (strncmp(word, "guard:", 6) == 0) {
		int guard = 0;
		while (rd_guard_names[guard] != NULL &&
			strcmp(rd_guard_names[guard], word + 6) != 0)
			guard++;
		facts->guard = (enum rd_guard)guard;
		return guard < RD_N_GUARDS;
	} else if (strncmp(word, "reply:", 6) == 0) {
		int reply = 0;
		while (rd_reply_names[reply] != NULL &&
			strcmp(rd_reply_names[reply], word + 6) != 0)
			reply++;
		facts->reply = (enum rd_reply)reply;
		return reply < RD_N_REPLIES;
	} else if (strncmp(word, "case:", 5) == 0) {
		int against = 0;
		while (rd_withheld_names[against] != NULL &&
			strcmp(rd_withheld_names[against], word + 5) != 0)
			against++;
		facts->case_apart = true;
		facts->case_withheld = (enum rd_withheld)against;
		return against < RD_N_WITHHELD;
	} else {
		return set_joined(word, &facts->joined);
	}
	return true;
}

struct text {
	char data[1024];
	size_t used;
};

RD_PRINTF(2, 3)
static void say(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text->data + text->used, sizeof text->data - text->used, format, args);
	va_end(args);
	text->used += (size_t)n;
}

static void describe(const struct rd_verdict *v, struct text *text)
{
	char day[RD_DATE_MAX];

	say(text, "%s %s", rd_fate_names[v->fate], rd_kind_names[v->kind]);
	if (v->fate == RD_FATE_OPENED || v->fate == RD_FATE_JOINED)
		say(text, " %s %s", rd_stage_names[v->stage], rd_status_names[v->status]);
	if (v->letter != RD_LETTER_NONE)
		say(text, " %s", rd_letter_names[v->letter]);
	else if (v->withheld == RD_WITHHELD_NO_LETTER)
		say(text, " no_letter");
	else
		say(text, " withheld:%s", rd_withheld_names[v->withheld]);
	for (size_t i = 0; i < v->n_tasks; i++)
		say(text, " %s@%s%s", rd_task_names[v->tasks[i].kind],
			rd_date_format(v->tasks[i].day, day), v->tasks[i].shared ? ":shared" : "");
	for (size_t i = 0; i < v->n_clocks; i++)
		say(text, " +%s@%s", rd_clock_names[v->clocks[i].clock],
			v->clocks[i].when_letter_leaves	   ? "letter"
			: rd_date_is_set(v->clocks[i].due) ? rd_date_format(v->clocks[i].due, day)
							   : "none");
	say(text, "%s%s%s%s%s%s%s%s%s%s", v->letter_meets_acknowledge ? " meets" : "",
		v->letter_waits ? " waits" : "", v->emergency_health ? " block" : "",
		v->emergency_heat ? " heat-block" : "", v->safeguarding_hold ? " hold" : "",
		v->linked ? " linked" : "", v->begin_stage1 ? " begins" : "",
		v->possibly_related ? " related" : "",
		v->fate == RD_FATE_JOINED && v->review ? " review" : "",
		v->calendar_ended ? " calendar-ended" : "");
	for (size_t i = 0; i < v->n_alarms; i++)
		say(text, " !%s", rd_alarm_names[v->alarms[i]]);
	if (v->old)
		say(text, " old");
	if (v->letter_to == RD_LETTER_TO_CASE)
		say(text, " to-case");
	say(text, "%s%s", v->escalates ? " escalates" : "", v->agrees ? " agrees" : "");
}

static void decide_row(const struct fixture *f, const struct row *row, struct rd_verdict *v)
{
	static const char *const topic[] = { "a delay" };
	struct rd_facts facts = { .received_ms = at(2026, 11, 20),
		.first_seen_ms = at(2026, 11, 20),
		.now_ms = at(2026, 11, 20) };
	struct rd_score score = { .kind = RD_SERVICE_REQUEST, .topics = topic, .n_topics = 1 };
	bool scored = true;
	const struct rd_landlord *landlord = &f->code;
	char copy[256];
	char *save = NULL;

	snprintf(copy, sizeof copy, "%s", row->facts);
	for (char *word = strtok_r(copy, " ", &save); word != NULL;
		word = strtok_r(NULL, " ", &save)) {
		enum rd_flag flag;
		if (rd_kind_parse(word, &score.kind))
			continue;
		if (rd_flag_parse(word, &flag))
			score.flags[flag] = true;
		else if (strcmp(word, "unsure") == 0)
			score.review = true;
		else if (strcmp(word, "unhappy") == 0)
			score.totals[RD_COMPLAINT] = 1;
		else if (strcmp(word, "notopic") == 0)
			score.n_topics = 0;
		else if (strcmp(word, "norules") == 0)
			scored = false;
		else if (strcmp(word, "sedgemoor") == 0)
			landlord = &f->sedgemoor;
		else if (strcmp(word, "onehousing") == 0)
			landlord = &f->one_housing;
		else if (!set_fact(word, &facts))
			fail_msg("%s: no fact \"%s\"", row->why, word);
	}
	rd_decide(scored ? &score : NULL, &facts, landlord, f->calendar, v);
}

static void every_promise_that_decides_holds(void **state)
{
	int wrong = 0;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_verdict v;
		struct text text = { .used = 0 };
		decide_row(*state, &rows[i], &v);
		describe(&v, &text);
		if (strcmp(text.data, rows[i].verdict) == 0)
			continue;
		print_error("%s (%s)\n  got  %s\n  want %s\n", rows[i].why, rows[i].facts,
			text.data, rows[i].verdict);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* Whatever withholds a letter, some person has a task with a date; only what nobody owes has none.
 */
static void withheld_is_never_silent(void **state)
{
	static const char *const reasons[] = { "automatic", "list", "noreply", "othergateway",
		"capped", "optedout", "unauthenticated", "noaddress", "sincebackup", "old",
		"safeguarding", "endofcalendar", "quarantined norules", "staff", "staff names",
		"staff noaddress" };
	static const char *const kinds[] = { "complaint", "complaint unsure", "complaint notopic",
		"service_request", "asb_report", "survey_feedback", "enquiry", "other unsure" };

	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
		for (size_t j = 0; j < sizeof kinds / sizeof kinds[0]; j++) {
			struct rd_verdict v;
			char facts[128];
			snprintf(facts, sizeof facts, "%s %s", kinds[j], reasons[i]);
			const struct row row = { .why = facts, .facts = facts };
			decide_row(*state, &row, &v);
			if (v.letter == RD_LETTER_NONE && v.n_tasks == 0)
				fail_msg("%s: silence", facts);
			for (size_t k = 0; k < v.n_tasks; k++)
				if (!rd_date_is_set(v.tasks[k].day))
					fail_msg("%s: a task without a day", facts);
			if (v.withheld != RD_WITHHELD_NO && v.letter != RD_LETTER_NONE)
				fail_msg("%s: withheld, and it goes", facts);
		}
	}
}

static void a_persons_decision_sends_the_kinds_own_letter(void **state)
{
	struct fixture *f = *state;
	const bool none[RD_N_FLAGS] = { false };
	const bool guarded[RD_N_FLAGS] = { [RD_SAFEGUARDING] = true };
	struct rd_facts facts = { .received_ms = at(2026, 11, 20),
		.first_seen_ms = at(2026, 11, 20),
		.now_ms = at(2026, 11, 24) };
	struct rd_verdict v;

	rd_decide_settled(RD_COMPLAINT, &facts, none, 2, &f->code, f->calendar, &v);
	assert_int_equal(v.letter, RD_LETTER_ACKNOWLEDGEMENT);
	assert_true(v.letter_meets_acknowledge);
	assert_int_equal(v.stage, RD_STAGE_1);
	assert_int_equal(v.n_clocks, 3);
	/* By text the number has had its first answer: nothing of the matter, a person
	 * acknowledges. */
	facts.channel = RD_CHANNEL_SMS;
	facts.joined.first_text_answered = true;
	rd_decide_settled(RD_COMPLAINT, &facts, none, 2, &f->code, f->calendar, &v);
	assert_int_equal(v.letter, RD_LETTER_LATER);
	assert_false(v.letter_meets_acknowledge);
	assert_int_equal(v.tasks[v.n_tasks - 1].kind, RD_TASK_ACKNOWLEDGE);
	rd_decide_settled(RD_COMPLAINT, &facts, guarded, 2, &f->code, f->calendar, &v);
	assert_int_equal(v.letter, RD_LETTER_NONE);
	assert_int_equal(v.withheld, RD_WITHHELD_SAFEGUARDING);
	rd_decide_settled(RD_OTHER, &facts, none, 0, &f->code, f->calendar, &v);
	assert_int_equal(v.letter, RD_LETTER_NONE);
}

static void undecided_cases_become_complaints_or_alarm(void **state)
{
	struct fixture *f = *state;
	struct rd_err err = { 0 };
	int64_t when = 0;
	char text[RD_INSTANT_MAX];
	bool flags[RD_N_FLAGS] = { false };

	assert_int_equal(rd_undecided_at(&f->code, f->calendar, (struct rd_date){ 2026, 12, 18 },
				 &when, &err),
		RD_OK);
	/* Due on Tuesday 29 December: the last working day before it is Thursday the 24th. */
	assert_string_equal(rd_instant_format(when, text), "2026-12-24T09:00:00+00:00");
	assert_int_equal(rd_undecided_at(&f->code, f->calendar, (struct rd_date){ 2026, 10, 20 },
				 &when, &err),
		RD_OK);
	assert_string_equal(rd_instant_format(when, text), "2026-10-26T09:00:00+00:00");
	assert_true(rd_undecided_is_complaint(2.0, 2.0, flags));
	assert_false(rd_undecided_is_complaint(1.9, 2.0, flags));
	flags[RD_SAFEGUARDING] = true;
	assert_false(rd_undecided_is_complaint(9.0, 2.0, flags));
	flags[RD_SAFEGUARDING] = false;
	flags[RD_ASKS_NOT_FORMAL] = true;
	assert_false(rd_undecided_is_complaint(9.0, 2.0, flags));
}

static void every_mark_of_a_machine_withholds(void **state)
{
	static const size_t marks[] = { offsetof(struct rd_automatic, auto_submitted),
		offsetof(struct rd_automatic, auto_replied),
		offsetof(struct rd_automatic, precedence_bulk), offsetof(struct rd_automatic, list),
		offsetof(struct rd_automatic, suppress_asked),
		offsetof(struct rd_automatic, null_return_path),
		offsetof(struct rd_automatic, machine_generated),
		offsetof(struct rd_automatic, delivery_report),
		offsetof(struct rd_automatic, read_receipt),
		offsetof(struct rd_automatic, from_redress),
		offsetof(struct rd_automatic, no_reply_address) };
	struct rd_automatic automatic = { 0 };

	(void)state;
	assert_int_equal(rd_automatic_withholds(&automatic), RD_WITHHELD_NO);
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		memset(&automatic, 0, sizeof automatic);
		*(bool *)((char *)&automatic + marks[i]) = true;
		assert_int_not_equal(rd_automatic_withholds(&automatic), RD_WITHHELD_NO);
	}
}

static void every_name_has_its_words(void **state)
{
	(void)state;
	for (int i = 0; i < RD_N_TASKS; i++) {
		assert_non_null(rd_task_names[i]);
		assert_true(rd_task_words((enum rd_task_kind)i)[0] != '\0');
	}
	for (int i = 0; i < RD_N_WITHHELD; i++) {
		assert_non_null(rd_withheld_names[i]);
		assert_true(rd_withheld_words((enum rd_withheld)i)[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_promise_that_decides_holds, setup, teardown),
		cmocka_unit_test_setup_teardown(withheld_is_never_silent, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_persons_decision_sends_the_kinds_own_letter, setup, teardown),
		cmocka_unit_test_setup_teardown(
			undecided_cases_become_complaints_or_alarm, setup, teardown),
		cmocka_unit_test(every_mark_of_a_machine_withholds),
		cmocka_unit_test(every_name_has_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
