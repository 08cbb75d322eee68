//! The timer, and the platform functions under it.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::*;
use crate::platform::{clear_timeout, has_workers, set_timeout};
use crate::timer::Timer;

fn counting() -> (Timer, Rc<Cell<u32>>) {
    let woken = Rc::new(Cell::new(0));
    let count = woken.clone();
    (Timer::new(move |_| count.set(count.get() + 1)), woken)
}

#[wasm_bindgen_test]
fn it_wakes_once_and_in_time() {
    let clock = Clock::new();
    let (timer, woken) = counting();
    timer.wake_at(clock.time() + 10.4, || clock.time());
    assert_eq!(clock.delays(), [11.0], "rounded up: waking a moment early would only mean waking twice");
    clock.pass(10.0);
    assert_eq!(woken.get(), 0);
    clock.pass(1.0);
    assert_eq!(woken.get(), 1);
    clock.pass(1e6);
    assert_eq!(woken.get(), 1);
    clock.stop();
}

#[wasm_bindgen_test]
fn an_earlier_wish_counts_and_a_later_one_changes_nothing() {
    let clock = Clock::new();
    let (timer, woken) = counting();
    let now = clock.time();
    timer.wake_at(now + 100.0, || now);
    timer.wake_at(now + 500.0, || now);
    timer.wake_at(f64::INFINITY, || now);
    assert_eq!((clock.delays(), clock.cleared()), (vec![100.0], 0));
    timer.wake_at(now + 20.0, || now);
    assert_eq!((clock.delays(), clock.cleared()), (vec![20.0], 1));
    clock.pass(20.0);
    assert_eq!(woken.get(), 1);
    // Woken, it can be armed again, for any time.
    timer.wake_at(now + 500.0, || clock.time());
    assert_eq!(clock.delays(), [480.0]);
    clock.stop();
}

#[wasm_bindgen_test]
fn there_is_nothing_to_wake_for_at_infinity() {
    let clock = Clock::new();
    let (timer, _) = counting();
    timer.wake_at(f64::INFINITY, || clock.time());
    assert!(clock.delays().is_empty());
    clock.stop();
}

#[wasm_bindgen_test]
fn the_past_is_now_and_the_far_future_is_bounded() {
    let clock = Clock::new();
    let (timer, woken) = counting();
    timer.wake_at(clock.time() - 5.0, || clock.time());
    assert_eq!(clock.delays(), [0.0]);
    clock.pass(0.0);
    assert_eq!(woken.get(), 1);
    // Browsers wake at once when asked to wait longer than this.
    timer.wake_at(clock.time() + 1e12, || clock.time());
    assert_eq!(clock.delays(), [2_147_483_647.0]);
    clock.stop();
}

#[wasm_bindgen_test]
fn it_can_be_cleared_and_dropped() {
    let clock = Clock::new();
    let (timer, woken) = counting();
    timer.wake_at(clock.time() + 10.0, || clock.time());
    timer.clear();
    timer.clear();
    assert_eq!((clock.delays().len(), clock.cleared()), (0, 1));
    timer.wake_at(clock.time() + 10.0, || clock.time());
    drop(timer);
    assert!(clock.delays().is_empty());
    clock.pass(100.0);
    assert_eq!(woken.get(), 0);
    clock.stop();
}

#[wasm_bindgen_test]
fn it_can_be_armed_while_it_wakes() {
    let clock = Clock::new();
    let timer: Rc<Cell<Option<Timer>>> = Rc::default();
    let held = timer.clone();
    let at = clock.time() + 50.0;
    timer.set(Some(Timer::new(move |_| {
        let timer = held.take().unwrap();
        timer.wake_at(at, || at - 40.0);
        held.set(Some(timer));
    })));
    let first = timer.take().unwrap();
    first.wake_at(clock.time() + 10.0, || clock.time());
    timer.set(Some(first));
    clock.pass(10.0);
    assert_eq!(clock.delays(), [40.0]);
    drop(timer.take());
    clock.stop();
}

#[wasm_bindgen_test]
async fn real_timers_come_and_can_be_cleared() {
    let order: Rc<Cell<u32>> = Rc::default();
    let count = order.clone();
    let never = Closure::<dyn Fn()>::new(move || count.set(99));
    clear_timeout(&set_timeout(never.as_ref().unchecked_ref(), 0.0));
    let came = js_sys::Promise::new(&mut |resolve, _| {
        set_timeout(&resolve, 1.0);
    });
    wait(&came).await.unwrap();
    assert_eq!(order.get(), 0);
}

#[wasm_bindgen_test]
fn workers_are_looked_for_each_time() {
    assert!(has_workers());
    js("globalThis.kept = Worker; globalThis.Worker = undefined");
    let without = has_workers();
    js("globalThis.Worker = kept");
    assert!(!without);
}
