// SPDX-License-Identifier: GPL-2.0
#include "count.h"

static const char * const names[MYTCP_COUNTS] = {
	[MYTCP_COUNT_RX_SEGMENTS] = "RxSegments",
	[MYTCP_COUNT_TX_SEGMENTS] = "TxSegments",
	[MYTCP_COUNT_TX_RESETS] = "TxResets",
	[MYTCP_COUNT_TX_CHALLENGE_ACKS] = "TxChallengeAcks",
	[MYTCP_COUNT_TX_NO_MEMORY] = "TxNoMemory",
	[MYTCP_COUNT_RX_TRUNCATED] = "RxTruncated",
	[MYTCP_COUNT_RX_BAD_OFFSET] = "RxBadOffset",
	[MYTCP_COUNT_RX_BAD_CHECKSUM] = "RxBadChecksum",
	[MYTCP_COUNT_RX_BAD_OPTIONS] = "RxBadOptions",
	[MYTCP_COUNT_RX_BAD_FLAGS] = "RxBadFlags",
	[MYTCP_COUNT_RX_BAD_ADDRESS] = "RxBadAddress",
	[MYTCP_COUNT_RX_NO_SOCKET] = "RxNoSocket",
	[MYTCP_COUNT_RX_ICMP_ERRORS] = "RxIcmpErrors",
	[MYTCP_COUNT_RX_ICMP_IGNORED] = "RxIcmpIgnored",
	[MYTCP_COUNT_RX_OUTSIDE_WINDOW] = "RxOutsideWindow",
	[MYTCP_COUNT_RX_BAD_ACK] = "RxBadAck",
	[MYTCP_COUNT_RX_NO_ACK] = "RxNoAck",
	[MYTCP_COUNT_RX_NO_TIMESTAMP] = "RxNoTimestamp",
	[MYTCP_COUNT_RX_OLD_TIMESTAMP] = "RxOldTimestamp",
	[MYTCP_COUNT_RX_OLD_DUPLICATE] = "RxOldDuplicate",
	[MYTCP_COUNT_RX_AFTER_CLOSE] = "RxAfterClose",
	[MYTCP_COUNT_RX_NO_MEMORY] = "RxNoMemory",
	[MYTCP_COUNT_RX_RESETS] = "RxResets",
	[MYTCP_COUNT_RX_RESET_IGNORED] = "RxResetIgnored",
	[MYTCP_COUNT_RX_UNEXPECTED_SYN] = "RxUnexpectedSyn",
	[MYTCP_COUNT_RX_OUT_OF_ORDER] = "RxOutOfOrder",
	[MYTCP_COUNT_RX_BACKLOG_FULL] = "RxBacklogFull",
	[MYTCP_COUNT_ACTIVE_OPENS] = "ActiveOpens",
	[MYTCP_COUNT_PASSIVE_OPENS] = "PassiveOpens",
	[MYTCP_COUNT_OPEN_FAILS] = "OpenFails",
	[MYTCP_COUNT_RX_BAD_WSCALE] = "RxBadWindowScale",
	[MYTCP_COUNT_SYN_REPEATS] = "SynRepeats",
	[MYTCP_COUNT_COOKIE_REPEATS] = "CookieRepeats",
	[MYTCP_COUNT_HALF_OPENED] = "HalfOpened",
	[MYTCP_COUNT_HALF_ESTABLISHED] = "HalfEstablished",
	[MYTCP_COUNT_HALF_REMOVED] = "HalfRemoved",
	[MYTCP_COUNT_SYNACK_REPEATS] = "SynAckRepeats",
	[MYTCP_COUNT_SYN_DUPLICATES] = "SynDuplicates",
	[MYTCP_COUNT_HALF_RESETS] = "HalfResets",
	[MYTCP_COUNT_HALF_TIMEOUTS] = "HalfTimeouts",
	[MYTCP_COUNT_SYN_QUEUE_FULL] = "SynQueueFull",
	[MYTCP_COUNT_ACCEPT_QUEUE_FULL] = "AcceptQueueFull",
	[MYTCP_COUNT_ACCEPT_DEFERRED] = "AcceptDeferred",
	[MYTCP_COUNT_SYN_NO_MEMORY] = "SynNoMemory",
	[MYTCP_COUNT_SYN_NO_ROUTE] = "SynNoRoute",
	[MYTCP_COUNT_RX_FILTERED] = "RxFiltered",
	[MYTCP_COUNT_RETRANSMITS] = "Retransmits",
	[MYTCP_COUNT_TIMEOUTS] = "Timeouts",
	[MYTCP_COUNT_FAST_RETRANSMITS] = "FastRetransmits",
	[MYTCP_COUNT_DUPLICATE_ACKS] = "DuplicateAcks",
	[MYTCP_COUNT_WINDOW_PROBES] = "WindowProbes",
	[MYTCP_COUNT_DELAYED_ACKS] = "DelayedAcks",
	[MYTCP_COUNT_TX_DUPLICATE_SACKS] = "TxDuplicateSacks",
	[MYTCP_COUNT_TIME_WAITS] = "TimeWaits",
	[MYTCP_COUNT_TIME_WAIT_ENDS] = "TimeWaitEnds",
	[MYTCP_COUNT_TIME_WAIT_REUSES] = "TimeWaitReuses",
	[MYTCP_COUNT_TIME_WAIT_OVERFLOW] = "TimeWaitOverflow",
	[MYTCP_COUNT_TIME_WAIT_ACKS] = "TimeWaitAcks",
	[MYTCP_COUNT_TIME_WAIT_RESET_IGNORED] = "TimeWaitResetIgnored",
	[MYTCP_COUNT_ABORT_ON_TIMEOUT] = "AbortOnTimeout",
	[MYTCP_COUNT_ABORT_ON_DATA] = "AbortOnData",
	[MYTCP_COUNT_ABORT_ON_CLOSE] = "AbortOnClose",
	[MYTCP_COUNT_FIN_WAIT2_TIMEOUTS] = "FinWait2Timeouts",
	[MYTCP_COUNT_ILLEGAL_STATE_CHANGES] = "IllegalStateChanges",
};

/**
 * mytcp_count_name() - a counter in words
 * @what: the counter
 *
 * Return: its name in /proc/net/mytcp_stat.
 */
const char *mytcp_count_name(enum mytcp_count what)
{
	return names[what];
}
