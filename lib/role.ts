// The two roles of a node.

export type Role = 'primary' | 'replica';
