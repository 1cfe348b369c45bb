/* pipeline: a message's whole road, from stored bytes to one committed fate.
 *
 *   claim (attempt committed) -> read in a sealed child (parse, normalise, score) -> guards ->
 *   decide by the landlord's policy -> case + clocks + letter + tasks + audit + fate in ONE
 *   transaction
 *
 * Safe to repeat: nothing shows before the commit. Several messages may share a transaction, none
 * is split. A child's death costs one attempt of one message; the third makes it a case for a
 * person (promise 4). One thread runs it; with read_ahead a second one claims and reads the batch
 * after this one, so that readers and disk work at the same time. All is decided in the order it
 * was claimed, and by the rule set that read it: a batch read by an older one is given back and
 * read anew.
 */
#ifndef REDRESS_GATEWAY_PIPELINE_H
#define REDRESS_GATEWAY_PIPELINE_H

#include "redress/gateway/office.h"
#include "redress/reader/reader.h"

#define RD_PIPELINE_BATCH 64

struct rd_pipeline {
	struct rd_db *db;
	struct rd_reader *reader;
	struct rd_office office;
	int64_t run;		/* rd_queue_start_run */
	bool ignore_text_pause; /* --once: texts are grouped all the same, none is waited for */
	int stop_fd;		/* readable: stop between messages; -1: none */
	bool read_ahead;	/* the next batch is claimed and read while one is decided */
	bool lost;		/* kept by the round: what it claimed could not be given back yet */
	struct rd_pipeline_ahead *ahead; /* kept by the round */
};

struct rd_pipeline_round {
	size_t n_done;	  /* messages that got their fate */
	size_t n_back;	  /* given back: to be tried again */
	size_t n_letters; /* rows put in the outbox: wake the sender */
	int64_t next_ms;  /* when the next message is due; 0: none waits */
};

/* One batch. n_done 0 and next_ms 0: nothing waits. With read_ahead the next may be claimed when it
 * returns: only rd_pipeline_close or another round ends that. */
RD_MUST_USE enum rd_rc rd_pipeline_round(
	struct rd_pipeline *pipeline, struct rd_pipeline_round *ret_round, struct rd_err *err);

/* Ends what reads ahead, before the database and the readers go. What it claimed stays claimed for
 * the run's end to give back. */
void rd_pipeline_close(struct rd_pipeline *pipeline);

#endif
