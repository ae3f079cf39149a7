"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.rbInsert = rbInsert;
exports.rbErase = rbErase;
exports.rbReplace = rbReplace;
exports.rbNext = rbNext;
exports.rbFirst = rbFirst;
/**
 * One intrusive red-black tree for everything that is ordered: vmas, the stable tree, the unstable tree.
 *
 * A node is any record whose first 16 bytes are {key, left, right, parent} (layout.ts, RB_*). The tree knows neither keys
 * nor pages: whoever inserts has walked down and says under which parent and at which link the node goes. A tree is
 * one u32 word, its root slot; the topmost node's parent field holds the address of that slot, so erasing a node needs no
 * more than the node. Emptying a tree is storing 0 in its slot.
 *
 * Insertion and deletion are the textbook's (Cormen et al., Introduction to Algorithms, chapter 13), deletion with the
 * in-order successor as replacement. The shapes matter: Linux's trees have the same, and where pages change while they
 * are in the unstable tree, the shape decides which pages a search meets.
 */
const layout_1 = require("../layout");
const POINTER = ~(layout_1.RB_BLACK | layout_1.RB_IS_ROOT);
function parentOf(node) {
    return load(node, layout_1.RB_PARENT) & POINTER;
}
function isRoot(node) {
    return (load(node, layout_1.RB_PARENT) & layout_1.RB_IS_ROOT) != 0;
}
/** A missing child counts as black. */
function isRed(node) {
    return node != 0 && (load(node, layout_1.RB_PARENT) & layout_1.RB_BLACK) == 0;
}
function paintBlack(node) {
    store(node, load(node, layout_1.RB_PARENT) | layout_1.RB_BLACK, layout_1.RB_PARENT);
}
function paintRed(node) {
    store(node, load(node, layout_1.RB_PARENT) & ~layout_1.RB_BLACK, layout_1.RB_PARENT);
}
function paintAs(node, other) {
    const colour = load(other, layout_1.RB_PARENT) & layout_1.RB_BLACK;
    store(node, (load(node, layout_1.RB_PARENT) & ~layout_1.RB_BLACK) | colour, layout_1.RB_PARENT);
}
function setParent(node, parent) {
    store(node, parent | (load(node, layout_1.RB_PARENT) & layout_1.RB_BLACK), layout_1.RB_PARENT);
}
/** Puts `successor` (0: nothing) where `node` hangs; keeps the successor's colour. */
function takePlace(node, successor) {
    const above = load(node, layout_1.RB_PARENT);
    const parent = above & POINTER;
    if (above & layout_1.RB_IS_ROOT)
        store(parent, successor);
    else if (load(parent, layout_1.RB_LEFT) == node)
        store(parent, successor, layout_1.RB_LEFT);
    else
        store(parent, successor, layout_1.RB_RIGHT);
    if (successor != 0) {
        store(successor, (above & ~layout_1.RB_BLACK) | (load(successor, layout_1.RB_PARENT) & layout_1.RB_BLACK), layout_1.RB_PARENT);
    }
}
/**
 *     x              y
 *    / \            / \
 *   a   y    ->    x   c
 *      / \        / \
 *     b   c      a   b
 */
function rotateLeft(x) {
    const y = load(x, layout_1.RB_RIGHT);
    const b = load(y, layout_1.RB_LEFT);
    store(x, b, layout_1.RB_RIGHT);
    if (b != 0)
        setParent(b, x);
    takePlace(x, y);
    store(y, x, layout_1.RB_LEFT);
    setParent(x, y);
}
/** The mirror image of rotateLeft. */
function rotateRight(x) {
    const y = load(x, layout_1.RB_LEFT);
    const b = load(y, layout_1.RB_RIGHT);
    store(x, b, layout_1.RB_LEFT);
    if (b != 0)
        setParent(b, x);
    takePlace(x, y);
    store(y, x, layout_1.RB_RIGHT);
    setParent(x, y);
}
/**
 * Hangs `node` at `link`, the address of an empty child field of `parent`, or of an empty root slot where `parent` is 0.
 */
function rbInsert(node, parent, link) {
    store(node, 0, layout_1.RB_LEFT);
    store(node, 0, layout_1.RB_RIGHT);
    store(link, node);
    if (parent == 0) {
        store(node, link | layout_1.RB_IS_ROOT | layout_1.RB_BLACK, layout_1.RB_PARENT);
        return;
    }
    store(node, parent, layout_1.RB_PARENT);
    repairRed(node);
}
/** Loop invariant: `node` is red, and the only fault there can be is that its parent is red too. */
function repairRed(node) {
    while (!isRoot(node)) {
        let parent = parentOf(node);
        if (!isRed(parent))
            return;
        const grandparent = parentOf(parent); // a red parent is never the root
        const parentIsLeft = load(grandparent, layout_1.RB_LEFT) == parent;
        const uncle = parentIsLeft ? load(grandparent, layout_1.RB_RIGHT) : load(grandparent, layout_1.RB_LEFT);
        if (isRed(uncle)) {
            paintBlack(parent);
            paintBlack(uncle);
            paintRed(grandparent);
            node = grandparent;
            continue;
        }
        if (parentIsLeft) {
            if (load(parent, layout_1.RB_RIGHT) == node) {
                rotateLeft(parent);
                parent = node;
            }
            paintBlack(parent);
            paintRed(grandparent);
            rotateRight(grandparent);
        }
        else {
            if (load(parent, layout_1.RB_LEFT) == node) {
                rotateRight(parent);
                parent = node;
            }
            paintBlack(parent);
            paintRed(grandparent);
            rotateLeft(grandparent);
        }
        return;
    }
    paintBlack(node);
}
/** Takes `node` out of the tree it is in. */
function rbErase(node) {
    const left = load(node, layout_1.RB_LEFT);
    const right = load(node, layout_1.RB_RIGHT);
    if (left == 0 || right == 0) {
        eraseWithOneChild(node, left != 0 ? left : right);
        return;
    }
    let successor = right;
    for (let next = load(right, layout_1.RB_LEFT); next != 0; next = load(next, layout_1.RB_LEFT))
        successor = next;
    const hole = load(successor, layout_1.RB_RIGHT);
    const lostBlack = !isRed(successor);
    let holeParent = successor;
    if (successor != right) {
        holeParent = parentOf(successor);
        takePlace(successor, hole);
        store(successor, right, layout_1.RB_RIGHT);
        setParent(right, successor);
    }
    takePlace(node, successor);
    store(successor, left, layout_1.RB_LEFT);
    setParent(left, successor);
    paintAs(successor, node);
    if (lostBlack)
        repairBlack(hole, holeParent);
}
function eraseWithOneChild(node, child) {
    const wasRoot = isRoot(node);
    const parent = parentOf(node);
    const lostBlack = !isRed(node);
    takePlace(node, child);
    if (child != 0)
        paintBlack(child); // a lone child is red, its parent black
    else if (lostBlack && !wasRoot)
        repairBlack(0, parent);
}
/** Loop invariant: paths through `node` (0: an empty place below `parent`) have one black node too few. */
function repairBlack(node, parent) {
    while (!isRed(node) && (node == 0 || !isRoot(node))) {
        if (node != 0)
            parent = parentOf(node);
        const nodeIsLeft = load(parent, layout_1.RB_LEFT) == node;
        let sibling = nodeIsLeft ? load(parent, layout_1.RB_RIGHT) : load(parent, layout_1.RB_LEFT);
        if (isRed(sibling)) {
            paintBlack(sibling);
            paintRed(parent);
            if (nodeIsLeft) {
                rotateLeft(parent);
                sibling = load(parent, layout_1.RB_RIGHT);
            }
            else {
                rotateRight(parent);
                sibling = load(parent, layout_1.RB_LEFT);
            }
        }
        if (!isRed(load(sibling, layout_1.RB_LEFT)) && !isRed(load(sibling, layout_1.RB_RIGHT))) {
            paintRed(sibling);
            node = parent;
            continue;
        }
        if (nodeIsLeft) {
            if (!isRed(load(sibling, layout_1.RB_RIGHT))) {
                paintBlack(load(sibling, layout_1.RB_LEFT));
                paintRed(sibling);
                rotateRight(sibling);
                sibling = load(parent, layout_1.RB_RIGHT);
            }
            paintAs(sibling, parent);
            paintBlack(parent);
            paintBlack(load(sibling, layout_1.RB_RIGHT));
            rotateLeft(parent);
        }
        else {
            if (!isRed(load(sibling, layout_1.RB_LEFT))) {
                paintBlack(load(sibling, layout_1.RB_RIGHT));
                paintRed(sibling);
                rotateLeft(sibling);
                sibling = load(parent, layout_1.RB_LEFT);
            }
            paintAs(sibling, parent);
            paintBlack(parent);
            paintBlack(load(sibling, layout_1.RB_LEFT));
            rotateRight(parent);
        }
        return;
    }
    if (node != 0)
        paintBlack(node);
}
/** Puts `fresh`, which is in no tree, in the place of `node`; the shape and colours stay. */
function rbReplace(node, fresh) {
    const left = load(node, layout_1.RB_LEFT);
    const right = load(node, layout_1.RB_RIGHT);
    store(fresh, left, layout_1.RB_LEFT);
    store(fresh, right, layout_1.RB_RIGHT);
    store(fresh, load(node, layout_1.RB_PARENT), layout_1.RB_PARENT);
    takePlace(node, fresh);
    if (left != 0)
        setParent(left, fresh);
    if (right != 0)
        setParent(right, fresh);
}
/** The next node in order, or 0. */
function rbNext(node) {
    let next = load(node, layout_1.RB_RIGHT);
    if (next != 0) {
        for (let left = load(next, layout_1.RB_LEFT); left != 0; left = load(next, layout_1.RB_LEFT))
            next = left;
        return next;
    }
    while (!isRoot(node)) {
        const parent = parentOf(node);
        if (load(parent, layout_1.RB_LEFT) == node)
            return parent;
        node = parent;
    }
    return 0;
}
/** The first node of the tree in `slot`, or 0. */
function rbFirst(slot) {
    let node = load(slot);
    if (node == 0)
        return 0;
    for (let left = load(node, layout_1.RB_LEFT); left != 0; left = load(node, layout_1.RB_LEFT))
        node = left;
    return node;
}
