# SPDX-License-Identifier: GPL-2.0
# "make help" lists what there is.

# The kernel to build for: the running one if it takes the module, else 6.12.
running	:= $(shell uname -r)
KERNEL	?= $(or $(if $(wildcard /lib/modules/$(running)/build),$(if \
	   $(filter 6.1.% 6.12.%,$(running)),host)),6.12)
guest	= $(or $(filter-out host,$(KERNEL)),6.12)
CACHE	:= $(or $(MYTCP_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/mytcp)
BUILD	:= build
FILE	?=

SOURCES	:= Kbuild $(shell find mytcp -name '*.[ch]')
# The header tree that belongs to a kernel's image.
release	= $(notdir $(wildcard $(CACHE)/kernel-$(1)/lib/modules/*))
kdir	= $(if $(filter host,$(1)),/lib/modules/$(running)/build,$(if \
	  $(filter 6.%,$(1)),/usr/src/linux-headers-$(call release,$(1)),$(if \
	  $(filter debug,$(1)),$(CACHE)/kernel-debug/build,$(1))))
name	= $(notdir $(patsubst %/,%,$(1)))
jobs	:= -j$(shell nproc)

all: ## build mytcp.ko for KERNEL: 6.12, 6.1, host, debug or a build tree
	@$(MAKE) --no-print-directory $(BUILD)/$(call name,$(KERNEL))/mytcp.ko

# Objects stay out of the sources: each kernel has a tree of links to them, and
# one make at a time works in it.
$(BUILD)/%/mytcp.ko: target = $(if $(filter $(call name,$(KERNEL)),$*),$(KERNEL),$*)
$(BUILD)/%/mytcp.ko: $(SOURCES) Makefile
	@scripts/setup build $(target)
	@mkdir -p $(@D)
	+@flock $(@D) sh -ec ' \
		cp -rsfT --remove-destination $(CURDIR)/mytcp $(@D)/mytcp; \
		find $(@D)/mytcp -xtype l -delete; \
		ln -sfT $(CURDIR)/Kbuild $(@D)/Kbuild; \
		$(MAKE) $(jobs) -C $(call kdir,$(target)) M=$(CURDIR)/$(@D) W=1 \
			KCFLAGS=-Werror modules; \
		touch $@'

demo: ## two hosts shake hands, move a file through a bad network, and part
	@scripts/setup demo
	@$(MAKE) --no-print-directory $(BUILD)/6.12/mytcp.ko
	@scripts/demo $(if $(FILE),'$(FILE)')

check: ## run every test; KERNEL=host runs the guest's part on this machine
	@scripts/check $(if $(filter command% environment%,$(origin KERNEL)),$(KERNEL))

check-core: ## run the core's tests, natively, in seconds
	@scripts/check core

check-6.1 check-6.12: check-%: ## run the socket tests on one kernel
	@scripts/check $*

check-debug: ## the same under KASAN, lockdep, kmemleak; builds a kernel first
	@scripts/check debug

stress: ## races, a million times each, there or on KERNEL; COUNT, RACES, SEED
	@scripts/check stress$(if $(filter command% environment%,$(origin KERNEL)),-$(KERNEL))

bench: ## measure MyTCP beside the kernel's TCP; QUICK=1 less, DOC=1 into Documentation, ROWS=... only these
	@scripts/setup bench
	@$(MAKE) --no-print-directory $(BUILD)/6.12/mytcp.ko $(BUILD)/bench/flood $(BUILD)/bench/cycle $(BUILD)/bench/selfconn
	@scripts/bench $(if $(QUICK),quick) $(if $(DOC),doc) $(ROWS)

$(BUILD)/bench/%: selftests/bench/%.c
	@mkdir -p $(@D)
	$(CC) -O2 -Wall -Wextra -Werror -o $@ $<

style: ## checkpatch --strict
	@scripts/check style

sparse: ## sparse
	@scripts/check sparse

shell: ## a shell in the guest, module loaded
	@scripts/setup demo
	@$(MAKE) --no-print-directory $(BUILD)/$(guest)/mytcp.ko
	@scripts/vm -k $(guest) -i insmod $(BUILD)/$(guest)/mytcp.ko

load: ## build the module for the running kernel and insert it
	@$(MAKE) --no-print-directory KERNEL=host
	insmod $(BUILD)/host/mytcp.ko

unload: ## remove it
	rmmod mytcp

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z0-9. -]*\):.* ## \(.*\)/\1\t\2/p' Makefile | \
		awk -F'\t' '{ sub(/: check-%/, "", $$1); printf "  %-22s %s\n", $$1, $$2 }'

.PHONY: all demo bench check check-core check-6.1 check-6.12 check-debug stress style sparse shell load \
