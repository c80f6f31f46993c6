// Python and shape text in colour. It only splits text into spans: what is copied out is what was put in.
import { make } from "./dom.js";

const PYTHON = [
  ["comment", /#[^\n]*/y],
  ["string", /[rbf]?("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')/y],
  ["number", /\b(?:0x[\da-f]+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)\b/iy],
  ["keyword", /\b(?:and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|not|or|pass|raise|return|try|while|with|yield|None|True|False)\b/y],
  ["name", /\b[A-Za-z_]\w*(?=\s*\()/y],
  ["", /\w+|\s+|[^\w\s]/y],
];
const MOST = 20_000; // characters; longer text is shown plain rather than slowly

/** Nodes for a piece of code. */
export function highlight(code, language) {
  if (code.length > MOST) return [document.createTextNode(code)];
  if (!language) return code.split(/(?<=\n)/).flatMap(worked);
  if (language !== "python") return [document.createTextNode(code)];
  const nodes = [];
  let plain = "";
  for (let at = 0; at < code.length; ) {
    const [kind, piece] = next(code, at);
    at += piece.length;
    if (!kind) {
      plain += piece;
      continue;
    }
    if (plain) nodes.push(document.createTextNode(plain));
    plain = "";
    nodes.push(make("span", { class: `hl-${kind}` }, piece));
  }
  if (plain) nodes.push(document.createTextNode(plain));
  return nodes;
}

/** A worked line: what it comes to stands out, and so does a mark under what is wrong. */
function worked(line) {
  if (/^\s*\^+\s*$/.test(line)) return [make("span", { class: "hl-mark" }, line)];
  const found = /^(.* = )([^=\s()]+)(\n?)$/s.exec(line);
  return found ? [document.createTextNode(found[1]), make("b", {}, found[2]), document.createTextNode(found[3])] : [document.createTextNode(line)];
}

function next(code, at) {
  for (const [kind, pattern] of PYTHON) {
    pattern.lastIndex = at;
    const found = pattern.exec(code);
    if (found) return [kind, found[0]];
  }
  return ["", code[at]];
}
