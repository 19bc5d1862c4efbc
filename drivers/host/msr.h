/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Model-specific registers that say what a CPU can do. */
#pragma once

#include "drivers/cpu/cpu.h"

/* Add to @data every capability MSR that the CPUID leaves in it announce: from /dev/cpu/0/msr where
 * that can be read, else from KVM's feature MSRs on @kvm_fd (-1: none). What cannot be read is left
 * out: most machines do not load the msr module. */
void virtcpu_msr_read_host(VirtCpuData *data, int kvm_fd);
