/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of <cpu>'s attributes; a test holds them against schemas/cpu.rng. */
#pragma once

#include "conf/words.h"

/* <cpu mode=>, VirtCpuMode. */
extern const VirtCpuWords virtcpu_mode_words;
/* <cpu match=>, VirtCpuMatch. */
extern const VirtCpuWords virtcpu_match_words;
/* <cpu check=>, VirtCpuCheck; "default" is libvirt's unwritten value. */
extern const VirtCpuWords virtcpu_check_words;
/* <model fallback=>, VirtCpuFallback. */
extern const VirtCpuWords virtcpu_fallback_words;
/* <feature policy=>, VirtCpuPolicy. */
extern const VirtCpuWords virtcpu_policy_words;
/* <cache mode=>, VirtCpuCacheMode. */
extern const VirtCpuWords virtcpu_cache_words;
/* <maxphysaddr mode=>, VirtCpuPhysaddrMode; "absent" is never written. */
extern const VirtCpuWords virtcpu_physaddr_words;
/* "on" and "off" by VirtCpuTristate; "absent" is never written. */
extern const VirtCpuWords virtcpu_switch_words;
/* "yes" and "no" by VirtCpuTristate; "absent" is never written. */
extern const VirtCpuWords virtcpu_bool_words;
