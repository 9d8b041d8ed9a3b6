//! A picture of a session's path as SVG, from top to bottom, with the broken part filled and its way out cut.

use diagnosis::report::Report;

use super::element::Html;
use crate::formats::path::{Hop, HopState, SessionPath};

const WIDTH: usize = 640;
/// The column of the path, and that of the task role beside it.
const MAIN: Column = Column { x: 10, width: 340 };
const SIDE: Column = Column { x: 430, width: 200 };
const LINE_HEIGHT: usize = 20;
const GAP: usize = 44;
/// Pixels a character takes up, more or less.
const CHARACTER: usize = 8;

struct Column {
    x: usize,
    width: usize,
}

impl Column {
    fn center(&self) -> usize {
        self.x + self.width / 2
    }
}

/// Adds the path into the services of the root causes, if there are some.
pub fn draw(page: &mut Html, report: &Report) {
    let Some(path) = SessionPath::of(report) else {
        return;
    };
    let (side, main): (Vec<&Hop>, Vec<&Hop>) = path.hops.iter().partition(|hop| hop.id == "role");
    let mut svg = Html::default();
    let mut y = 10;
    let mut side_bottom = 0;
    let mut arrow_from: Option<(usize, &Hop)> = None;
    for hop in main {
        if let Some((bottom, from)) = arrow_from {
            arrow(&mut svg, bottom, y, from);
        }
        let bottom = self::hop(&mut svg, &MAIN, y, hop);
        if hop.id == "container" {
            for role in &side {
                side_bottom = self::hop(&mut svg, &SIDE, y, role);
                side_arrow(&mut svg, y + height(role) / 2, role);
            }
        }
        arrow_from = Some((bottom, hop));
        y = bottom + GAP;
    }
    if let Some((bottom, from)) = arrow_from {
        arrow(&mut svg, bottom, y, from);
    }
    let end = boxed(
        &mut svg,
        &MAIN,
        y,
        "unseen",
        &["Systems Manager".to_owned()],
        "",
    );
    let height = (end.max(side_bottom) + 10).to_string();
    let width = WIDTH.to_string();
    let view = format!("0 0 {width} {height}");
    let attributes = [
        ("xmlns", "http://www.w3.org/2000/svg"),
        ("viewBox", view.as_str()),
        ("width", width.as_str()),
        ("height", height.as_str()),
        ("role", "img"),
        (
            "aria-label",
            "The path of a session, with the broken part marked",
        ),
    ];
    page.element("figure", &[], |page| {
        page.element("svg", &attributes, |page| page.append(svg));
        page.leaf("figcaption", &path.caption());
    });
}

fn lines(hop: &Hop) -> Vec<String> {
    let mut lines = vec![hop.label.clone()];
    lines.extend(Some(hop.others.clone()).filter(|others| !others.is_empty()));
    lines.extend(hop.failures.iter().cloned());
    lines
}

fn height(hop: &Hop) -> usize {
    lines(hop).len() * LINE_HEIGHT + 16
}

/// Draws a part of the path; returns its lower edge.
fn hop(svg: &mut Html, column: &Column, y: usize, hop: &Hop) -> usize {
    boxed(svg, column, y, hop.state.class(), &lines(hop), &hop.label)
}

fn boxed(
    svg: &mut Html,
    column: &Column,
    y: usize,
    class: &str,
    lines: &[String],
    full: &str,
) -> usize {
    let height = lines.len() * LINE_HEIGHT + 16;
    let bottom = y + height;
    let n = |number: usize| number.to_string();
    svg.element("g", &[("class", &format!("hop {class}"))], |svg| {
        if !full.is_empty() {
            svg.leaf("title", full);
        }
        let top = y + 23;
        let (x, y, width, height) = (n(column.x), n(y), n(column.width), n(height));
        svg.void(
            "rect",
            &[
                ("x", &x),
                ("y", &y),
                ("width", &width),
                ("height", &height),
                ("rx", "8"),
            ],
        );
        for (at, line) in lines.iter().enumerate() {
            let (x, y) = (n(column.center()), n(top + at * LINE_HEIGHT));
            let attributes = [("x", x.as_str()), ("y", &y), ("text-anchor", "middle")];
            let line = shortened(line, column.width / CHARACTER);
            svg.element("text", &attributes, |svg| svg.text(&line));
        }
    });
    bottom
}

/// A text without its middle, if it is too long for a box: both ends of a name tell it from others.
fn shortened(text: &str, most: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= most {
        return text.to_owned();
    }
    let half = (most - 1) / 2;
    let (start, end) = (&chars[..half], &chars[chars.len() - half..]);
    start.iter().chain(&['…']).chain(end).collect()
}

/// An arrow down from a part of the path to the next.
fn arrow(svg: &mut Html, from: usize, to: usize, hop: &Hop) {
    let x = MAIN.center();
    let tip = to - 8;
    line(svg, hop, &format!("M{x} {from} L{x} {tip}"));
    head(svg, &format!("{},{tip} {},{tip} {x},{to}", x - 5, x + 5));
    if hop.state == HopState::Broken {
        cross(svg, x, (from + tip) / 2);
    }
    let label = match hop.id {
        "caller" => "ecs:ExecuteCommand",
        "container" => "control channel",
        _ => return,
    };
    edge_label(svg, x + 14, (from + to) / 2 + 2, label);
}

/// The arrow from the task role to the agent.
fn side_arrow(svg: &mut Html, y: usize, role: &Hop) {
    let (from, to) = (SIDE.x, MAIN.x + MAIN.width);
    let tip = to + 8;
    line(svg, role, &format!("M{from} {y} L{tip} {y}"));
    head(svg, &format!("{tip},{} {tip},{} {to},{y}", y - 5, y + 5));
    if role.state == HopState::Broken {
        cross(svg, (from + tip) / 2, y);
    }
    edge_label(svg, to + 14, y - 14, "rights");
}

fn line(svg: &mut Html, from: &Hop, path: &str) {
    let class = match from.state {
        HopState::Broken => "edge cut",
        _ => "edge",
    };
    svg.void("path", &[("class", class), ("d", path)]);
}

fn head(svg: &mut Html, points: &str) {
    svg.void("polygon", &[("class", "head"), ("points", points)]);
}

fn cross(svg: &mut Html, x: usize, y: usize) {
    let (left, right, top, bottom) = (x - 7, x + 7, y - 7, y + 7);
    let path = format!("M{left} {top} L{right} {bottom} M{left} {bottom} L{right} {top}");
    svg.void("path", &[("class", "cross"), ("d", &path)]);
}

fn edge_label(svg: &mut Html, x: usize, y: usize, label: &str) {
    let (x, y) = (x.to_string(), y.to_string());
    let attributes = [("class", "edge-label"), ("x", x.as_str()), ("y", &y)];
    svg.element("text", &attributes, |svg| svg.text(label));
}
