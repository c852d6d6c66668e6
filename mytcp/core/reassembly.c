// SPDX-License-Identifier: GPL-2.0
/*
 * What was received ahead of its turn lies in islands: octets without a gap,
 * each island one node of tcb->oooq, so that a SACK block is found like a range
 * is, in O(log n). Of the ranges of an island the first stands in the tree; the
 * others hang behind it in a ring: the first one's chain leads to the last, the
 * last one's to the second. Neighbours in the ring may overlap.
 */
#include "reassembly.h"

#include "host.h"
#include "seq.h"

static u32 island_end(const struct mytcp_range *first)
{
	return first->chain ? first->chain->end_seq : first->end_seq;
}

/* The first island that ends after @seq. */
static struct mytcp_range *island_find(const struct mytcp_ranges *set, u32 seq)
{
	struct rb_node *node = set->root.rb_root.rb_node;
	struct mytcp_range *found = NULL;

	while (node) {
		struct mytcp_range *first = mytcp_range_of(node);

		if (seq_gt(island_end(first), seq)) {
			found = first;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found;
}

/* All of island @more behind island @first; neither looks at the tree. */
static void join(struct mytcp_range *first, struct mytcp_range *more)
{
	struct mytcp_range *tail = more->chain ?: more;
	struct mytcp_range *second = more;

	if (more->chain)
		more->chain = tail->chain;
	if (first->chain) {
		second = first->chain->chain;
		first->chain->chain = more;
	}
	tail->chain = second;
	first->chain = tail;
}

/* Take an island out of the tree; it becomes a list that ends. */
static struct mytcp_range *take_out(struct mytcp_ranges *set,
				    struct mytcp_range *first)
{
	struct mytcp_range *last = first->chain;

	mytcp_ranges_remove(set, first);
	if (last) {
		first->chain = last->chain;
		last->chain = NULL;
	}
	return first;
}

static void free_island(struct mytcp_tcb *tcb, struct mytcp_range *first)
{
	struct mytcp_range *range = take_out(&tcb->oooq, first);
	struct mytcp_range *next;

	for (; range; range = next) {
		next = range->chain;
		mytcp_host_free(tcb, range);
	}
}

/**
 * mytcp_reassembly_purge() - give back what waits ahead of its turn
 * @tcb: the connection, locked; nothing more will be received
 */
void mytcp_reassembly_purge(struct mytcp_tcb *tcb)
{
	struct mytcp_range *first;

	while ((first = mytcp_ranges_first(&tcb->oooq)))
		free_island(tcb, first);
}

/*
 * The island that holds @seq is the one last heard of. Of each island one octet
 * is remembered, for it may grow meanwhile.
 */
static void remember(struct mytcp_tcb *tcb, u32 seq)
{
	const struct mytcp_range *first = island_find(&tcb->oooq, seq);
	u32 old[MYTCP_SACK_BLOCKS];
	unsigned int i, n = 1, count = tcb->heard_count;

	memcpy(old, tcb->heard, sizeof(old));
	tcb->heard[0] = seq;
	for (i = 0; i < count && n < MYTCP_SACK_BLOCKS; i++)
		if (seq_gt(old[i], tcb->rcv_nxt) &&
		    (seq_lt(old[i], first->seq) ||
		     seq_geq(old[i], island_end(first))))
			tcb->heard[n++] = old[i];
	tcb->heard_count = n;
}

/**
 * mytcp_reassembly_keep() - keep what came ahead of its turn (SHLD-31)
 * @tcb: the connection, locked
 * @range: begins beyond rcv_nxt
 *
 * O(log n), and what it frees besides was paid for when it came.
 *
 * Return: true if @range is no longer the caller's.
 */
bool mytcp_reassembly_keep(struct mytcp_tcb *tcb, struct mytcp_range *range)
{
	struct mytcp_ranges *set = &tcb->oooq;
	struct mytcp_range *first = island_find(set, range->seq - 1);
	struct mytcp_range *next = first, *after;

	range->chain = NULL;
	if (first && seq_leq(first->seq, range->seq) &&
	    seq_geq(island_end(first), range->end_seq)) {
		mytcp_host_count(tcb, MYTCP_COUNT_RX_OLD_DUPLICATE);
		return false;
	}
	if (!mytcp_host_admit(tcb, range)) {
		mytcp_host_count(tcb, MYTCP_COUNT_RX_NO_MEMORY);
		return false;
	}

	if (first && seq_lt(first->seq, range->seq)) {
		next = mytcp_range_next(first);
		join(first, range);
	} else {
		first = range;
	}
	for (; next && seq_leq(next->seq, range->end_seq); next = after) {
		after = mytcp_range_next(next);
		if (seq_leq(island_end(next), range->end_seq)) {
			free_island(tcb, next);
			continue;
		}
		mytcp_ranges_remove(set, next);
		join(first, next);
	}
	if (first == range)
		mytcp_ranges_insert(set, range);
	remember(tcb, range->seq);
	mytcp_host_count(tcb, MYTCP_COUNT_RX_OUT_OF_ORDER);
	return true;
}

/**
 * mytcp_reassembly_deliver() - the hole in front may be closed
 * @tcb: the connection, locked
 *
 * Return: true if it is, or some of what waited has come otherwise.
 */
bool mytcp_reassembly_deliver(struct mytcp_tcb *tcb)
{
	struct mytcp_range *range, *next;
	bool any = false;
	u32 end;

	while ((range = mytcp_ranges_first(&tcb->oooq)) &&
	       seq_leq(range->seq, tcb->rcv_nxt)) {
		any = true;
		for (range = take_out(&tcb->oooq, range); range; range = next) {
			next = range->chain;
			if (tcb->fin_seen)
				range->end_seq = seq_min(range->end_seq,
							 tcb->rcv_fin);
			end = range->end_seq;
			if (seq_gt(end, tcb->rcv_nxt)) {
				mytcp_host_deliver(tcb, range);
				tcb->rcv_nxt = end;
			} else {
				mytcp_host_free(tcb, range);
			}
		}
	}
	return any;
}

/**
 * mytcp_reassembly_duplicate() - octets have come, perhaps for a second time
 * @tcb: the connection, locked, as it was before they came
 * @seq: the first
 * @end_seq: the one after the last
 *
 * RFC 2883: the next acknowledgment reports the first run of octets among them
 * that was there already, then the island that holds it; it is to be sent at
 * once.
 */
void mytcp_reassembly_duplicate(struct mytcp_tcb *tcb, u32 seq, u32 end_seq)
{
	const struct mytcp_range *first;

	if (!(tcb->has & MYTCP_OPT_SACK_OK))
		return;
	if (seq_lt(seq, tcb->rcv_nxt)) {
		end_seq = seq_min(end_seq, tcb->rcv_nxt);
	} else {
		first = island_find(&tcb->oooq, seq);
		if (!first || seq_geq(first->seq, end_seq))
			return;
		seq = seq_max(seq, first->seq);
		end_seq = seq_min(end_seq, island_end(first));
		remember(tcb, seq);
	}
	if (seq_geq(seq, end_seq))
		return;
	tcb->duplicate = (struct mytcp_sack){ seq, end_seq };
	tcb->ack_now = true;
}

/*
 * An island becomes a block, if there is room, and none from @from on has it
 * already.
 */
static void report(struct mytcp_options *opt, unsigned int from,
		   const struct mytcp_range *first)
{
	unsigned int i;

	for (i = from; i < opt->nr_sack; i++)
		if (opt->sack[i].seq == first->seq)
			return;
	if (opt->nr_sack < MYTCP_SACK_BLOCKS)
		opt->sack[opt->nr_sack++] = (struct mytcp_sack){
			first->seq, island_end(first),
		};
}

/**
 * mytcp_reassembly_report() - SACK blocks for an acknowledgment
 * @tcb: the connection, locked
 * @seg: the acknowledgment, without blocks; at most MYTCP_SACK_BLOCKS are added
 *
 * RFC 2018 section 4: first the island of the segment that came last, then those
 * heard of before it, then others; a duplicate goes before all (RFC 2883
 * section 4).
 */
void mytcp_reassembly_report(const struct mytcp_tcb *tcb,
			     struct mytcp_segment *seg)
{
	struct mytcp_options *opt = &seg->opt;
	struct mytcp_range *first;
	unsigned int i, from;

	if (!(tcb->has & MYTCP_OPT_SACK_OK))
		return;
	if (tcb->duplicate.seq != tcb->duplicate.end_seq)
		opt->sack[opt->nr_sack++] = tcb->duplicate;
	from = opt->nr_sack;
	for (i = 0; i < tcb->heard_count; i++) {
		first = island_find(&tcb->oooq, tcb->heard[i]);
		if (first && seq_leq(first->seq, tcb->heard[i]))
			report(opt, from, first);
	}
	for (first = mytcp_ranges_first(&tcb->oooq);
	     first && opt->nr_sack < MYTCP_SACK_BLOCKS;
	     first = mytcp_range_next(first))
		report(opt, from, first);
}
