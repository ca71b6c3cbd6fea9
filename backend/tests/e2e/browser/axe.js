// Runs axe on the page and tells what it found. The last argument is called with the answer.
const done = arguments[arguments.length - 1];
const check = (one) => one.message;
const node = (one) => {
  const checks = one.any.concat(one.all, one.none).map(check).join("; ");
  return `${one.target.join(" ")}  ${checks}`;
};
const violation = (one) => `${one.impact} ${one.id}: ${one.help}\n    ${one.nodes.slice(0, 5).map(node).join("\n    ")}`;
// Off unless asked for, and yet part of WCAG 2.2 AA.
const options = { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } };
axe.run(document, options).then(
  (found) => done({ passes: found.passes.length, violations: found.violations.map(violation) }),
  (error) => done({ passes: 0, violations: [String(error)] }),
);
